"use strict";
// The server renders; this only puts what has changed in its place. What comes is HTML that was escaped there, and the
// content policy lets nothing in it run.
const link = document.getElementById("link");
const said = document.getElementById("said");

function put(name, html) {
  const old = document.getElementById(name);
  if (!old) return;
  const fresh = document.importNode(new DOMParser().parseFromString(html, "text/html").body.firstElementChild, true);
  const stops = (node) => [...node.querySelectorAll("a, button, [tabindex]")];
  const focused = stops(old).indexOf(document.activeElement);
  const scrolls = [...old.querySelectorAll(".scroll")].map((node) => node.scrollLeft);
  old.replaceWith(fresh);
  fresh.querySelectorAll(".scroll").forEach((node, index) => { node.scrollLeft = scrolls[index] || 0; });
  if (focused >= 0 && stops(fresh)[focused]) stops(fresh)[focused].focus({ preventScroll: true });
}

// Read out what a watch shows when that changes, not each number on the page.
function tell() {
  const now = [...document.querySelectorAll("[data-says]")].map((node) => node.dataset.says).join(". ");
  if (said.dataset.last !== undefined && said.dataset.last !== now) said.textContent = now;
  said.dataset.last = now;
}

function set(className, text) {
  link.className = `link ${className}`;
  link.textContent = text;
}

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("open", () => set("good", "live"));
  events.addEventListener("sections", (event) => {
    Object.entries(JSON.parse(event.data)).forEach(([name, html]) => put(name, html));
    tell();
  });
  events.addEventListener("error", () => {
    set("bad", "not connected");
    // A browser gives up for good where it was refused, e.g. with too many pages open.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

tell();
listen();
