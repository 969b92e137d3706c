// The API token of both pages: kept in sessionStorage only, so it ends with the browser tab.

const KEY = "opsgraph.token";
const form = document.querySelector("#token");
const input = form.querySelector("input");
const state = form.querySelector("output");

const readToken = () => sessionStorage.getItem(KEY) ?? "";

function storeToken(token) {
  sessionStorage.setItem(KEY, token.trim());
  input.value = readToken();
  state.value = readToken() ? "" : "Every request needs a token.";
}

/** Takes `#token=…` out of the address bar: a fragment never reaches a server, nor its log. */
function adoptFragment() {
  const fragment = location.hash.slice(1).replaceAll("+", "%2B");
  const token = new URLSearchParams(fragment).get("token");
  if (token === null) return false;
  storeToken(token);
  history.replaceState(history.state, "", location.pathname + location.search);
  return true;
}

/** Fills the box, and calls `onChange` whenever another token is given. */
export function mountTokenBox(onChange) {
  storeToken(readToken());
  adoptFragment();
  addEventListener("hashchange", () => adoptFragment() && onChange());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    storeToken(input.value);
    onChange();
  });
}

/** `fetch` with the token, unless the caller brings an Authorization of its own. */
export async function authorisedFetch(url, init = {}) {
  const headers = new Headers(init.headers);
  if (readToken() && !headers.has("authorization")) {
    headers.set("authorization", `Bearer ${readToken()}`);
  }
  const response = await fetch(url, { ...init, headers, credentials: "omit" });
  if (response.status === 401 && readToken()) state.value = "The gateway refused this token.";
  else if (response.ok) state.value = "";
  return response;
}
