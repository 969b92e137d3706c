// The page without GraphiQL: runs the examples as they stand in their boxes, and shows the schema.

import { authorisedFetch, mountTokenBox } from "./token.js";

const { graphql, sdl } = document.body.dataset;
const schema = document.querySelector("#schema");

function prettify(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function execute(query, variables) {
  const body = JSON.stringify({ query, variables: JSON.parse(variables || "{}") });
  const headers = { accept: "application/json", "content-type": "application/json" };
  const response = await authorisedFetch(graphql, { method: "POST", headers, body });
  return prettify(await response.text()) || `HTTP ${response.status}`;
}

function mountExample(example) {
  const [query, variables] = example.querySelectorAll("textarea");
  const answer = example.querySelector("pre");
  example.querySelector("button").addEventListener("click", async () => {
    answer.hidden = false;
    answer.textContent = "…";
    answer.textContent = await execute(query.value, variables.value).catch(String);
  });
}

async function showSchema() {
  const response = await authorisedFetch(sdl);
  schema.textContent = response.ok
    ? await response.text()
    : `The schema shows here once the gateway accepts the token (HTTP ${response.status}).`;
}

mountTokenBox(showSchema);
document.querySelectorAll(".example").forEach(mountExample);
showSchema();
