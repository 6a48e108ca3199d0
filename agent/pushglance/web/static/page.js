"use strict";
// The server renders; this script only replaces the sections that changed. The server has escaped their HTML, and the
// content security policy runs no script in it.
const link = document.getElementById("link");
const announcement = document.getElementById("announcement");

function replaceSection(name, html) {
  const old = document.getElementById(name);
  if (!old) return;
  const fresh = document.importNode(new DOMParser().parseFromString(html, "text/html").body.firstElementChild, true);
  const focusable = (node) => [...node.querySelectorAll("a, button, summary, [tabindex]")];
  const focused = focusable(old).indexOf(document.activeElement);
  const folds = new Map([...old.querySelectorAll("details[data-key]")].map((node) => [node.dataset.key, node.open]));
  old.replaceWith(fresh);
  fresh.querySelectorAll("details[data-key]").forEach((node) => {
    if (folds.has(node.dataset.key)) node.open = folds.get(node.dataset.key);
  });
  if (focused >= 0 && focusable(fresh)[focused]) focusable(fresh)[focused].focus({ preventScroll: true });
}

// Screen readers announce what a watch shows when that changes, but not every number on the page.
function announce() {
  const summary = [...document.querySelectorAll("[data-summary]")].map((node) => node.dataset.summary).join(". ");
  if (announcement.dataset.last !== undefined && announcement.dataset.last !== summary) announcement.textContent = summary;
  announcement.dataset.last = summary;
}

function showConnection(className, text) {
  link.className = `link ${className}`;
  link.textContent = text;
}

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("open", () => showConnection("ok", "live"));
  events.addEventListener("sections", (event) => {
    Object.entries(JSON.parse(event.data)).forEach(([name, html]) => replaceSection(name, html));
    announce();
  });
  events.addEventListener("error", () => {
    showConnection("error", "not connected");
    // A browser does not reconnect after a refusal, e.g. because too many pages are open.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

// A button's result is shown here instead of on another page, which browsers without scripts get.
async function press(event) {
  const button = event.submitter;
  if (!button || !button.hasAttribute("formaction")) return;
  event.preventDefault();
  const result = document.getElementById("result");
  button.disabled = true;
  result.textContent = "Sent; waiting for the agent …";
  try {
    const body = new URLSearchParams(new FormData(event.target));
    const response = await fetch(button.getAttribute("formaction"), { method: "POST", body, headers: { Accept: "text/plain" } });
    result.textContent = await response.text();
    result.className = response.ok ? "toast ok" : "toast error";
  } catch {
    result.textContent = "No connection to the page's server.";
    result.className = "toast error";
  }
  button.disabled = false;
}

document.addEventListener("submit", press);
announce();
listen();
