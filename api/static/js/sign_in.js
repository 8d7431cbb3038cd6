// Exchanges a token for the session cookie. A link such as /sign-in#gd_… signs in by itself: what
// stands behind the # never leaves the browser, so it is in no log.

import { el, fill } from "./lib/dom.js";

const HOMES = { technician: "/t", client: "/docs" };
const form = document.querySelector("form");
const input = form.elements.token;
const trouble = document.querySelector("#trouble");

async function signIn(token) {
  const button = form.querySelector("button");
  button.disabled = true;
  fill(trouble);
  try {
    const response = await fetch("/sign-in", {
      method: "POST",
      body: JSON.stringify({ token }),
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      credentials: "same-origin",
    });
    if (response.ok) {
      const { role } = await response.json();
      location.assign(nextPage(role));
      return;
    }
    const answer = await response.json().catch(() => ({}));
    show(response.status === 401
      ? "This token is not known. Was all of it copied?"
      : answer.detail ?? `the server answered ${response.status}`);
  } catch {
    show("The server does not answer. Check the connection and try again.");
  }
  button.disabled = false;
}

/** Where the visitor wanted to go, if that is here, or where their work is. */
function nextPage(role) {
  const wanted = new URL(form.elements.next.value || HOMES[role] || "/map", location.origin);
  return wanted.origin === location.origin ? wanted.href : HOMES[role] ?? "/map";
}

function show(message) {
  fill(trouble, el("p.notice.danger", {}, message));
  input.setAttribute("aria-invalid", "true");
  input.focus();
  input.select();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const token = input.value.trim();
  if (token) signIn(token);
  else show("Paste a token; it begins with gd_.");
});

function signInByLink() {
  if (location.hash.length < 2) return;
  input.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
  signIn(input.value);
}

addEventListener("hashchange", signInByLink);
signInByLink();
