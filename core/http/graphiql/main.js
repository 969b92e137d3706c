// The page with GraphiQL: one tab per example, a panel of examples, the token on every request.

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { StarIcon, useEditorContext } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createClient } from "graphql-sse";
import { createElement as h } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";

import { authorisedFetch, mountTokenBox } from "../static/token.js";

const STORE = "opsgraph.";

/** Browsers keep one store per origin, and other servers on this port have their GraphiQL too. */
const storage = {
  getItem: (key) => localStorage.getItem(STORE + key),
  setItem: (key, value) => localStorage.setItem(STORE + key, value),
  removeItem: (key) => localStorage.removeItem(STORE + key),
  clear: () => storedKeys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return storedKeys().length;
  },
};

function storedKeys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(STORE));
}

function readExample(article) {
  const [query, variables] = article.querySelectorAll("textarea");
  const title = article.querySelector("h2").textContent;
  const description = article.querySelector("p").textContent;
  return {
    title,
    description,
    query: query.value,
    variables: variables.value === "{}" ? "" : variables.value,
  };
}

function Examples() {
  const { tabs, addTab, changeTab, queryEditor, variableEditor } = useEditorContext();

  function open({ query, variables }) {
    const index = tabs.findIndex((tab) => tab.query === query);
    if (index >= 0) return changeTab(index);
    flushSync(addTab); // the new tab empties the editors when it renders
    queryEditor.setValue(query);
    variableEditor.setValue(variables);
  }

  const items = examples.map((example) =>
    h(
      "li",
      { key: example.title },
      h("button", { type: "button", onClick: () => open(example) }, example.title),
      h("p", null, example.description),
    ),
  );
  return h(
    "section",
    { "aria-label": "Examples" },
    h("div", { className: "graphiql-doc-explorer-title" }, "Examples"),
    h("ul", { className: "opsgraph-examples" }, items),
  );
}

/** A new fetcher makes GraphiQL read the schema again, with the new token. */
function makeFetcher() {
  const url = document.body.dataset.graphql;
  // Subscriptions go over server-sent events: unlike WebSockets, they carry the Authorization header.
  const client = createClient({ url, fetchFn: authorisedFetch, retryAttempts: 0 });
  const wsClient = {
    ...client,
    subscribe: (request, sink) => client.subscribe(request, showingRefusals(sink)),
  };
  return createGraphiQLFetcher({ url, fetch: authorisedFetch, wsClient });
}

/** A subscription that is refused before it begins shows the gateway's words, as a query does. */
function showingRefusals(sink) {
  async function error(failure) {
    const answer = await failure.response?.json?.().catch(() => null);
    if (!answer?.errors) return sink.error(failure);
    sink.next(answer);
    sink.complete();
  }
  return { ...sink, error };
}

function render() {
  const properties = {
    fetcher: makeFetcher(),
    defaultTabs: examples,
    defaultEditorToolsVisibility: "variables",
    plugins,
    shouldPersistHeaders: false, // they may hold a token
    storage,
  };
  root.render(h(GraphiQL, properties, h(GraphiQL.Logo, null, " ")));
}

const template = document.querySelector("template");
const examples = Array.from(template.content.querySelectorAll(".example"), readExample);
const plugins = [{ title: "Examples", icon: StarIcon, content: Examples }];
const root = createRoot(document.querySelector("#explorer"));

// GraphiQL 4 starts with the stored variables only, and would drop those of the first default tab.
if (examples.length && !storage.getItem("graphiql:tabState")) {
  storage.setItem("graphiql:variables", examples[0].variables);
}
mountTokenBox(render);
render();
