// Keeps a page current: patches by id over server-sent events, one connection for all tabs of a browser.
// Without this script every page is complete, only not live.

const view = document.getElementById("view");
const say = document.getElementById("say");
const state = document.getElementById("state");
const pause = document.getElementById("pause");
const SAY_MS = 3000, LEAVING_MS = 3000, HELD_MAX = 500, FRAME_MS_MAX = 250;
const still = matchMedia("(prefers-reduced-motion: reduce)");

// ------------------------------------------------------------------ patches

const template = document.createElement("template");
const parse = html => { template.innerHTML = html; return template.content; };

function place(element, parent, after) {
  const home = parent === "view" ? view : document.getElementById(parent);
  if (!home) return;
  const before = after && document.getElementById(after);
  if (before && before.parentNode === home) before.after(element); else home.prepend(element);
}

function leave(element) {
  // Whoever leaves keeps the place for a moment, so that eyes can follow.
  if (element.contains(document.activeElement)) moveFocus(element);
  if (!element.classList.contains("pod")) { element.remove(); return; }
  element.removeAttribute("id");
  element.classList.add("leaving");
  element.inert = true;
  setTimeout(() => element.remove(), LEAVING_MS);
}

function moveFocus(element) {
  const all = things(), at = all.findIndex(one => element.contains(one));
  const next = all.slice(at + 1).concat(all.slice(0, Math.max(at, 0)).reverse()).find(one => !element.contains(one));
  (next || document.getElementById("main")).focus();
}

// What a person does in a piece outlives its replacement: where they are, what they have opened and what they have typed.

const FOCUSABLE = "a[href], button, summary, input, select, textarea, [tabindex]";
const FIELDS = "input:not([type=hidden]), select, textarea";

// Where something stands: below which id, and as the how-manieth of its kind.
function addressOf(element, kind) {
  const home = element.closest("[id]");
  return { id: home.id, kind, index: element === home ? -1 : [...home.querySelectorAll(kind)].indexOf(element) };
}

function at(address) {
  const home = document.getElementById(address.id);
  return home && (address.index < 0 ? home : home.querySelectorAll(address.kind)[address.index]);
}

function isTyped(field) {
  if (field.matches("select")) return [...field.options].some(one => one.selected !== one.defaultSelected);
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
}

function remember(root) {
  const focused = root.contains(document.activeElement) && document.activeElement;
  return {
    focus: focused && addressOf(focused, FOCUSABLE),
    caret: focused && focused.matches("input[type=text], input:not([type]), textarea") && [focused.selectionStart, focused.selectionEnd],
    open: [...root.querySelectorAll("details[open]")].map(one => addressOf(one, "details")),
    typed: [...root.querySelectorAll(FIELDS)].filter(isTyped).map(one => [addressOf(one, FIELDS), one.value, one.checked]),
  };
}

function giveBack(kept) {
  for (const address of kept.open) { const one = at(address); if (one) one.open = true; }
  for (const [address, value, checked] of kept.typed) { const one = at(address); if (one) { one.value = value; one.checked = checked; } }
  if (!kept.focus) return;
  const again = at(kept.focus) || document.getElementById("main");
  if (again.matches(".thing")) stopAt(again);
  again.focus({ preventScroll: true });
  if (kept.caret && again.setSelectionRange) again.setSelectionRange(...kept.caret);
}

function apply(patch) {
  const old = document.getElementById(patch.id);
  if (patch.gone) { if (old) leave(old); return; }
  if (!patch.html) {
    // Moving an element takes the focus from it.
    const focused = old && old.contains(document.activeElement) ? document.activeElement : null;
    if (old) place(old, patch.parent, patch.after);
    if (focused) focused.focus({ preventScroll: true });
    return;
  }
  const element = parse(patch.html).firstElementChild;
  const kept = old && remember(old);
  if (old) old.remove();
  place(element, patch.parent, patch.after);
  rove(element);
  if (!still.matches) { element.classList.add("changed"); setTimeout(() => element.classList.remove("changed"), 1000); }
  if (kept) giveBack(kept);
}

function applySnapshot(html) {
  const kept = remember(view);
  view.replaceChildren(parse(html));
  rove(view);
  giveBack(kept);
}

// ------------------------------------------------- keyboard: one stop, arrows inside

const things = () => [...view.querySelectorAll(".thing")].filter(one => !one.closest(".leaving"));

function rove(root) {
  for (const one of root.querySelectorAll(".thing")) one.tabIndex = -1;
  if (!view.querySelector('.thing[tabindex="0"]')) { const first = view.querySelector(".thing"); if (first) first.tabIndex = 0; }
}

function stopAt(thing) {
  for (const one of view.querySelectorAll('.thing[tabindex="0"]')) one.tabIndex = -1;
  thing.tabIndex = 0;
}

function step(event) {
  const all = things(), now = all.indexOf(event.target);
  if (now < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
  const to = { ArrowDown: now + 1, ArrowRight: now + 1, ArrowUp: now - 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = all[Math.max(0, Math.min(all.length - 1, to))];
  stopAt(next);
  next.focus();
}

// ------------------------------------------------------- messages, pause, what is read out

let position = view ? view.dataset.position : "";
let held = null, waiting = [], frame = 0, late = 0, unsaid = "", said = "";

const number = text => Number(text.split(".")[1]);
const epoch = text => text.split(".")[0];

// What the tab is called when all is well; whoever looks at another tab sees in front of it how many need help.
const calm = view ? document.title.slice(view.dataset.titleMark.length).trim() : "";

function entitle(mark) {
  document.title = `${mark} ${calm}`.trim();
  view.dataset.titleMark = mark;
}

function receive(message) {
  if (message.view !== view.dataset.view) return;
  if (message.trouble) { show(`not live: ${message.trouble}`); return; }
  if (epoch(message.position) === epoch(position) && number(message.position) <= number(position) && !message.snapshot) return;
  position = message.position;
  // Also while updates are paused: a title moves nothing on the page.
  entitle(message.titleMark);
  if (held) { held.push(message); if (held.length > HELD_MAX) held = ["too many"]; return; }
  waiting.push(message);
  // A tab that nobody sees has no frames, and does not always know that nobody sees it.
  if (document.hidden) { paint(); return; }
  if (!frame) { frame = requestAnimationFrame(paint); late = setTimeout(paint, FRAME_MS_MAX); }
}

function paint() {
  cancelAnimationFrame(frame);
  clearTimeout(late);
  frame = 0;
  const messages = waiting;
  waiting = [];
  for (const message of messages) {
    if (message.snapshot !== undefined) applySnapshot(message.snapshot);
    else for (const patch of message.patches) apply(patch);
    if (message.say && message.say !== said) unsaid = message.say;
    // What is shown now: of which message, and the newest revision of the store heard of by then.
    view.dataset.position = message.position;
    view.dataset.revision = message.revision;
  }
}

function togglePause() {
  const isPaused = held === null;
  pause.setAttribute("aria-pressed", String(isPaused));
  pause.textContent = isPaused ? "Go on" : "Pause updates";
  if (isPaused) { held = []; show("paused"); return; }
  const messages = held;
  held = null;
  if (messages[0] === "too many") { location.reload(); return; }
  show(standing);
  waiting.push(...messages);
  paint();
}

// How it stands with the updates, also while they are paused.
let standing = "live";

function show(word) {
  if (word !== "paused") standing = word;
  if (held && word !== "paused") return;
  state.hidden = false;
  state.textContent = word;
  document.documentElement.dataset.state = word;
}

// ------------------------------------------------------------- one stream for all tabs

const me = { view: view && view.dataset.view };
let source = null, wanted = new Map(), tabs = new Map(), unserved = new Map(), channel = null, isLeader = false;

function open(entries) {
  if (source) source.close();
  const query = new URLSearchParams();
  for (const [name, from] of entries) { query.append("view", name); query.append("from", from); }
  source = new EventSource(`/ui/stream?${query}`);
  // Each stream says anew which views it does not carry.
  source.onopen = () => { unserved.clear(); tell({ state: "live" }); };
  source.onerror = () => tell({ state: source.readyState === EventSource.CLOSED ? "stopped" : "reconnecting" });
  source.onmessage = event => {
    const message = JSON.parse(event.data);
    if (message.trouble) unserved.set(message.view, message);
    else if (wanted.has(message.view)) wanted.set(message.view, message.position);
    tell({ message });
  };
}

function tell(what) {
  if (channel) channel.postMessage(what);
  hear(what);
}

function hear(what) {
  if (what.message) receive(what.message);
  if (what.view && what.view !== me.view) return;
  if (what.state === "stopped") { show("not connected: load the page again"); setTimeout(retry, 2000); }
  else if (what.state) show(what.state);
}

function retry() {
  // The stream was refused: signed out, or the view is gone. A page load tells which.
  if (!source || source.readyState === EventSource.CLOSED) {
    fetch(location.href, { method: "GET", cache: "no-store" }).then(answer => {
      if (answer.status === 401) show("signed out: wherry open");
      else if (isLeader || !channel) open(entriesNow());
    }, () => setTimeout(retry, 2000));
  }
}

const entriesNow = () => channel ? [...wanted] : [[me.view, position]];

function want(tab, name, from) {
  tabs.set(tab, name);
  const known = wanted.get(name);
  const isOlder = known && epoch(known) === epoch(from) && number(from) < number(known);
  if (known && !isOlder) {
    channel.postMessage(unserved.has(name) ? { message: unserved.get(name) } : { state: "live", view: name });
    return;
  }
  wanted.set(name, from);
  open([...wanted]);
}

function forget(tab) {
  const name = tabs.get(tab);
  tabs.delete(tab);
  if (name !== undefined && ![...tabs.values()].includes(name)) { wanted.delete(name); if (wanted.size) open([...wanted]); }
}

function share() {
  const own = crypto.randomUUID();
  channel = new BroadcastChannel("wherry");
  const ask = () => channel.postMessage({ want: own, view: me.view, from: position });
  channel.onmessage = event => {
    const what = event.data;
    if (what.who) ask();
    else if (what.want) { if (isLeader) want(what.want, what.view, what.from); }
    else if (what.bye) { if (isLeader) forget(what.bye); }
    else hear(what);
  };
  addEventListener("pagehide", () => { channel.postMessage({ bye: own }); if (source) source.close(); });
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
  ask();
  navigator.locks.request("wherry-stream", () => {
    isLeader = true;
    document.documentElement.dataset.leader = "yes";
    want(own, me.view, position);
    channel.postMessage({ who: true });
    return new Promise(() => {});
  });
}

if (view) {
  rove(view);
  view.addEventListener("keydown", step);
  pause.hidden = false;
  pause.addEventListener("click", togglePause);
  setInterval(() => { if (unsaid && !held) { said = say.textContent = unsaid; unsaid = ""; } }, SAY_MS);
  if (navigator.locks && window.BroadcastChannel && crypto.randomUUID) share(); else open(entriesNow());
}

// ------------------------------------------------------------------ copying a text

addEventListener("click", async event => {
  const button = event.target.closest("button.copy");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
  button.textContent = "Copied";
});

// ------------------------------------- a word is told to who rests on it, until they leave it and what is told

const REST_MS = 400;
let resting = 0, rested = null;

addEventListener("pointerover", event => {
  if (event.pointerType !== "mouse") return;
  clearTimeout(resting);
  const term = event.target.closest(".term"), word = term && term.popoverTargetElement;
  if (rested && (word === rested || rested.contains(event.target))) return;
  resting = setTimeout(() => {
    if (rested) rested.hidePopover();
    rested = null;
    // Whoever reads another one by their own choice goes on.
    if (!word || document.querySelector(".word:popover-open")) return;
    word.showPopover({ source: term });
    rested = word;
  }, REST_MS);
});

// Who presses the word that is told already wants to go on reading, not to have it closed.
addEventListener("click", event => {
  const term = event.target.closest(".term");
  if (!term || !rested || term.popoverTargetElement !== rested) return;
  event.preventDefault();
  rested = null;
}, true);

addEventListener("toggle", event => { if (event.newState === "closed" && event.target === rested) rested = null; }, true);
