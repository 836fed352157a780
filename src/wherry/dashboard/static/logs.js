// Lets a log grow on its page, and searches it while somebody types. Without it the page has the last lines.

const log = document.getElementById("log");
const said = document.getElementById("log-said");
const follow = document.getElementById("follow");
const search = document.querySelector('input[name="search"]');
const LINES_MAX = 5000, SAY_MS = 800;
// Colours, cursor movements and titles are meant for terminals.
const CODES = /\x1b\[[0-9;?]*[ -\/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f]/g;

// `rest` is a line whose end has not come yet: it is shown all the same. `tried` is how the container was at the last try.
let lines = [], rest = "", stop = null, tried = [], isRefused = false, saying = 0;

const plain = line => line.replace(CODES, "");
const all = () => rest ? [...lines, plain(rest)] : lines;
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
  const shown = all(), count = `${shown.length} line${shown.length === 1 ? "" : "s"}`;
  said.textContent = wanted() ? `${shown.filter(fits).length} of ${count} have "${search.value}" in them.` : `The last ${count}.`;
}

function draw() {
  const atEnd = isAtEnd();
  log.textContent = all().filter(fits).join("\n");
  if (atEnd) log.scrollTop = log.scrollHeight;
  highlight();
}

function add(text) {
  const parts = (rest + text).split("\n");
  rest = parts.pop();
  lines.push(...parts.map(plain));
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
  tried = container();
  note("Following: new lines appear at the end.");
  try {
    const answer = await fetch(log.dataset.follow, { signal: stop.signal, cache: "no-store" });
    isRefused = !answer.ok;
    if (isRefused) {
      note(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".headline")?.textContent || "The log cannot be read.");
    } else {
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) add(part.value);
      note("The log has ended. It goes on when the container starts again.");
    }
  } catch (error) {
    if (error.name === "AbortError") return;
    note("The connection to the log broke. Press Follow to go on.");
  }
  stop = null;
  show();
  again();
}

function show() {
  follow.setAttribute("aria-pressed", String(stop !== null));
  follow.textContent = stop ? "Following" : "Follow";
}

function toggle() {
  if (stop) { stop.abort(); stop = null; note("Paused. Press Follow to go on."); } else run();
  show();
}

// How often the container of this page has been started again, and how it is.
function container() {
  const { restarts = "", state = "" } = document.getElementById("run")?.dataset ?? {};
  return [restarts, state];
}

function again() {
  // A container that has started anew has a new log; one whose log was not there yet may have it now.
  const [restarts, state] = container();
  const isNew = restarts !== tried[0], isOther = isNew || state !== tried[1];
  if (!stop && (isNew || (isRefused && isOther))) { run(); show(); }
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
    follow.hidden = false;
    follow.addEventListener("click", toggle);
    new MutationObserver(again).observe(document.getElementById("view"), { childList: true, subtree: true });
    addEventListener("pagehide", () => stop?.abort());
    run();
    show();
  }
}

if (!log) {
  // The first container has come since: its page has the log.
  const arrive = () => { if (container()[1]) location.reload(); };
  new MutationObserver(arrive).observe(document.getElementById("view"), { childList: true, subtree: true });
}
