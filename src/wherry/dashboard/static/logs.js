// Lets a log grow on its page, and searches it while somebody types. Without it the page has the last lines.

const log = document.getElementById("log");
const said = document.getElementById("log-said");
const follow = document.getElementById("follow");
const search = document.querySelector('input[name="search"]');
const LINES_MAX = 5000, SAY_MS = 800;
// Colours, cursor movements and titles are meant for terminals.
const CODES = /\x1b\[[0-9;?]*[ -\/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f]/g;

let lines = [], rest = "", stop = null, saying = 0;

const wanted = () => search.value.toLowerCase();
const fits = line => line.toLowerCase().includes(wanted());
const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;

function highlight() {
  if (!window.Highlight) return;
  CSS.highlights.delete("found");
  const word = wanted(), node = log.firstChild;
  if (!word || !node) return;
  const content = node.data.toLowerCase(), ranges = [];
  for (let at = content.indexOf(word); at >= 0 && ranges.length < 2000; at = content.indexOf(word, at + word.length)) {
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, at + word.length);
    ranges.push(range);
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

function tell() {
  const count = `${lines.length} line${lines.length === 1 ? "" : "s"}`;
  said.textContent = wanted() ? `${lines.filter(fits).length} of ${count} have "${search.value}" in them.` : `The last ${count}.`;
}

function draw() {
  const atEnd = isAtEnd();
  log.textContent = lines.filter(fits).join("\n");
  if (atEnd) log.scrollTop = log.scrollHeight;
  highlight();
}

function add(text) {
  const parts = (rest + text).split("\n");
  rest = parts.pop();
  if (!parts.length) return;
  lines.push(...parts.map(line => line.replace(CODES, "")));
  if (lines.length > LINES_MAX) lines = lines.slice(-LINES_MAX);
  if (!add.frame) add.frame = requestAnimationFrame(() => { add.frame = 0; draw(); });
}

function note(text) {
  said.textContent = text;
}

async function run() {
  stop = new AbortController();
  lines = [];
  rest = "";
  note("Following: new lines appear at the end.");
  try {
    const answer = await fetch(log.dataset.follow, { signal: stop.signal, cache: "no-store" });
    if (!answer.ok) {
      note(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".headline")?.textContent || "The log cannot be read.");
      return;
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) add(part.value);
    note("The log has ended. It goes on when the container starts again.");
  } catch (error) {
    if (error.name === "AbortError") return;
    note("The connection to the log broke. Press Follow to go on.");
  }
  stop = null;
  show();
}

function show() {
  follow.setAttribute("aria-pressed", String(stop !== null));
  follow.textContent = stop ? "Following" : "Follow";
}

function toggle() {
  if (stop) { stop.abort(); stop = null; note("Paused. Press Follow to go on."); } else run();
  show();
}

function again() {
  // A container that has started anew has a new log.
  const restarts = document.getElementById("run")?.dataset.restarts;
  if (restarts === again.seen) return;
  again.seen = restarts;
  if (!stop) { run(); show(); }
}

if (log && search) {
  lines = log.textContent ? log.textContent.split("\n") : [];
  log.scrollTop = log.scrollHeight;
  search.addEventListener("input", () => {
    draw();
    clearTimeout(saying);
    saying = setTimeout(tell, SAY_MS);
  });
  highlight();
  if (log.dataset.follow) {
    again.seen = document.getElementById("run")?.dataset.restarts;
    follow.hidden = false;
    follow.addEventListener("click", toggle);
    new MutationObserver(again).observe(document.getElementById("view"), { childList: true, subtree: true });
    addEventListener("pagehide", () => stop?.abort());
    run();
    show();
  }
}
