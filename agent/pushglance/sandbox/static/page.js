"use strict";
// Field texts are not trusted: they are added to the page as text nodes only. Only drawings are parsed as SVG: the
// watchface package has escaped their texts, and the content security policy runs no script but this one.
const byId = (id) => document.getElementById(id);
const make = (tag, className, ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
};
const timeNode = (atMs) => {
  const node = make("time", "", new Date(atMs).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }));
  node.dateTime = new Date(atMs).toISOString();
  return node;
};
const drawing = (svg) => document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
const fillList = (id, nodes, placeholder) => byId(id).replaceChildren(...(nodes.length ? nodes : [make("li", "none", placeholder)]));
const nameOf = (watch) => watch.device || "every device";

const FAULTS = [
  ["400", { kind: "status", status: 400 }],
  ["429", { kind: "status", status: 429 }],
  ["500", { kind: "status", status: 500 }],
  ["503", { kind: "status", status: 503 }],
  ["200, status 0", { kind: "refused" }],
  ["slow, 5 s", { kind: "slow", delay_s: 5 }],
  ["late, 30 s", { kind: "late", delay_s: 30 }],
  ["lost response", { kind: "drop", applies: true }],
  ["drop", { kind: "drop" }],
  ["reset", { kind: "reset" }],
  ["half a response", { kind: "half" }],
  ["garbage", { kind: "garbage" }],
  ["huge response", { kind: "huge" }],
  ["hang", { kind: "hang" }],
];
const CANNOT_APPLY = ["slow", "late", "refused"];

function chip(name, value) {
  const node = make("span", "chip", make("b", "", name), value === "" ? make("i", "", "cleared") : value);
  node.title = value;
  return node;
}

function pushRow(push, isFresh) {
  const row = make("li", isFresh ? "fresh" : "", timeNode(push.at_ms));
  row.append(make("span", "chips", ...Object.entries(push.fields).map(([name, value]) => chip(name, value))));
  const [className, word] = !push.was_shown ? ["tag ignored", "not shown"] : push.has_changed ? ["tag shown", "shown"] : ["tag", "no change"];
  row.append(make("span", className, word));
  return row;
}

function bar(watch, limit, period) {
  const share = limit ? Math.min(1, watch.spent / limit) : 1;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `bar ${share >= 1 ? "full" : share >= 0.8 ? "near" : ""}`);
  svg.setAttribute("role", "meter");
  svg.setAttribute("aria-label", `pushes ${period} to ${nameOf(watch)}`);
  svg.setAttribute("aria-valuemin", "0");
  svg.setAttribute("aria-valuemax", String(limit));
  svg.setAttribute("aria-valuenow", String(Math.min(watch.spent, limit)));
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  rect.setAttribute("width", `${share * 100}%`);
  rect.setAttribute("height", "8");
  svg.append(rect);
  return svg;
}

const knownPushes = new Set();
let isFirst = true;

function card(watch, limit, resetsAt) {
  const period = resetsAt ? `since ${resetsAt}` : "in the last 24 hours";
  const isFrozen = watch.shows_again_ms !== null || limit === 0;
  const face = make("div", isFrozen ? "face frozen" : "face", drawing(watch.face));
  const title = make("h3", "", nameOf(watch), make("small", "", watch.user));
  const spent = make("p", "spent", make("b", "", String(watch.spent)), make("span", "", `of ${limit} ${period}`));
  const side = make("div", "", title, spent, bar(watch, limit, period));
  if (isFrozen) {
    const again = watch.shows_again_ms === null ? "" : ` until ${new Date(watch.shows_again_ms).toLocaleString([], { hourCycle: "h23" })}`;
    side.append(make("p", "note", `The watch has stopped updating${again}. Pushes are accepted but not shown.`));
  }
  const small = make("ul", "complications", ...watch.complications.map((complication) => {
    const { svg, name, cut, hidden } = complication;
    const notes = [["cut off", cut], ["not shown", hidden]].filter(([, fields]) => fields.length);
    const lines = notes.map(([label, fields]) => make("small", "", `${label}: ${fields.join(", ")}`));
    return make("li", "", drawing(svg), make("span", "", name), ...lines);
  }));
  const pushes = make("ul", "pushes", ...watch.pushes.map((push) => pushRow(push, !isFirst && !knownPushes.has(push.request))));
  pushes.setAttribute("aria-label", `Last pushes to ${nameOf(watch)}, newest first`);
  pushes.tabIndex = 0;
  side.append(pushes);
  return make("article", "card watch", face, side, small);
}

function faultText(fault) {
  const what = fault.kind === "status" ? String(fault.status) : fault.kind;
  const details = [fault.times === null ? "until cleared" : `${fault.times}×`];
  if (fault.delay_s !== null) details.push(`${fault.delay_s} s`);
  if (fault.applies) details.push("reaches the watch");
  return `${what} (${details.join(", ")})`;
}

function failureText(failure) {
  const parts = [failure.status ? String(failure.status) : "no response"];
  if (failure.fault) parts.push(`fault: ${failure.fault}`);
  if (failure.arrived) parts.push("reached the watch");
  return parts.concat(failure.errors).join(" · ");
}

function messageText(message) {
  const parts = [message.title, message.text].filter(Boolean);
  if (message.priority) parts.push(`priority ${message.priority}`);
  return parts.join(" · ");
}

const TOTALS = [
  ["arrived", "arrived"], ["messages", "messages"], ["not_shown", "not shown"], ["refused", "refused"],
  ["faults", "faults injected"], ["connections", "connections"], ["connections_most", "most connections at once"],
];

function show(state) {
  // Keep the scroll position and focus of each list: a new push must not move a list back to its top.
  const scrolls = [...document.querySelectorAll(".pushes")].map((list) => list.scrollTop);
  const focused = [...document.querySelectorAll(".pushes")].indexOf(document.activeElement);
  byId("watches").replaceChildren(...[...state.watches].reverse().map((watch) => card(watch, state.limit, state.resets_at)));
  document.querySelectorAll(".pushes").forEach((list, index) => {
    list.scrollTop = scrolls[index] || 0;
    if (index === focused) list.focus({ preventScroll: true });
  });
  knownPushes.clear();
  state.watches.forEach((watch) => watch.pushes.forEach((push) => knownPushes.add(push.request)));
  isFirst = false;
  byId("empty").hidden = state.watches.length > 0;
  byId("totals").replaceChildren(...TOTALS.map(([name, word]) => make("div", "", make("dt", "", word), make("dd", "", String(state.totals[name])))));
  const queue = state.faults.map((fault) => make("li", "", faultText(fault)));
  if (state.held) queue.unshift(make("li", "", `${state.held} requests held now`));
  fillList("queue", queue, "none: responses are normal");
  fillList("messages", state.messages.map((message) => make("li", "", timeNode(message.at_ms), messageText(message))), "none");
  fillList("failures", state.failures.map((failure) => make("li", "", timeNode(failure.at_ms), failureText(failure))), "none");
  fillList("warnings", state.warnings.map(({ text, times }) => make("li", "", times > 1 ? `${text} (${times}×)` : text)), "none");
}

async function sendRequest(method, path, body) {
  try {
    const response = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    byId("request-error").textContent = response.ok ? "" : (await response.json()).errors.join(" ");
  } catch {
    byId("request-error").textContent = "The sandbox does not answer.";
  }
}

function listen() {
  const link = byId("link");
  const events = new EventSource("/sandbox/events");
  events.addEventListener("open", () => { link.textContent = "live"; link.className = "link live"; });
  events.addEventListener("state", (event) => show(JSON.parse(event.data)));
  events.addEventListener("error", () => {
    link.textContent = "not connected";
    link.className = "link lost";
    // A browser does not reconnect after a refusal, e.g. because too many pages are open.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
}

for (const [label, fault] of FAULTS) {
  const button = make("button", "", label);
  button.type = "button";
  button.setAttribute("aria-label", `Make the next responses fail: ${label}`);
  button.addEventListener("click", () => {
    const times = byId("times").value;
    const applies = fault.applies || (byId("applies").checked && !CANNOT_APPLY.includes(fault.kind));
    const headers = fault.status === 429 ? { "X-Limit-App-Reset": String(Math.floor(Date.now() / 1000) + 3600) } : {};
    sendRequest("POST", "/sandbox/faults", { ...fault, headers, applies, times: times ? Number(times) : null });
  });
  byId("buttons").append(button);
}
byId("clear").addEventListener("click", () => sendRequest("DELETE", "/sandbox/faults", {}));
byId("try").textContent = `curl ${location.origin}/1/glances.json \\
  -d token=aSandboxTokenThatOpensNothing1 \\
  -d user=uSandboxUserKeyThatOpensNothin \\
  -d device=my-watch -d title=Home \\
  -d "text=Garage open" -d count=3 -d percent=64`;
const state = JSON.parse(byId("state").textContent);
byId("empty-face").append(drawing(state.blank));
show(state);
listen();
