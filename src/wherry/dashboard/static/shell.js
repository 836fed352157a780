// A terminal in the page, joined to a container by the API's own protocol (v5.channel.k8s.io): each message begins
// with the number of its channel.

const place = document.getElementById("terminal");
const button = document.getElementById("shell-open");
const said = document.getElementById("shell-said");
const STDIN = 0, STDOUT = 1, STDERR = 2, ERROR = 3, RESIZE = 4;
const SAID_MAX = 300;

// The terminal writes style sheets into the page, which the page's policy forbids as text. Sheets made by script are
// allowed, so that is what its style elements become.
function adoptStyles() {
  const create = document.createElement.bind(document);
  document.createElement = (name, ...rest) => {
    if (name.toLowerCase() !== "style") return create(name, ...rest);
    const element = create("span"), sheet = new CSSStyleSheet();
    element.hidden = true;
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    Object.defineProperty(element, "textContent", { set: css => sheet.replaceSync(css) });
    return element;
  };
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const theme = () => dark.matches
  ? { background: "#14171a", foreground: "#e8ebee", cursor: "#8cc3ff" }
  : { background: "#ffffff", foreground: "#1b1f24", cursor: "#0b57a4", selectionBackground: "#b9d7f5" };

function connect(term) {
  const socket = new WebSocket(`wss://${location.host}${place.dataset.exec}`, "v5.channel.k8s.io");
  const encode = new TextEncoder();
  const send = (channel, data) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const message = new Uint8Array(data.length + 1);
    message[0] = channel;
    message.set(data, 1);
    socket.send(message);
  };
  const resize = () => send(RESIZE, encode.encode(JSON.stringify({ Width: term.cols, Height: term.rows })));
  let end = "", wasOpen = false;
  socket.binaryType = "arraybuffer";
  socket.onopen = () => { wasOpen = true; said.textContent = "Connected."; resize(); term.focus(); };
  socket.onmessage = event => {
    const message = new Uint8Array(event.data), body = message.subarray(1);
    if (message[0] === STDOUT || message[0] === STDERR) term.write(body);
    else if (message[0] === ERROR) end = reasonOf(new TextDecoder().decode(body));
  };
  socket.onclose = () => wasOpen ? over(end || "The shell has ended.") : explain();
  const typed = term.onData(data => send(STDIN, encode.encode(data)));
  const binary = term.onBinary(data => send(STDIN, Uint8Array.from(data, one => one.charCodeAt(0))));
  const sized = term.onResize(resize);
  socket.addEventListener("close", () => { for (const one of [typed, binary, sized]) one.dispose(); });
  addEventListener("pagehide", () => socket.close());
}

function reasonOf(text) {
  try {
    const status = JSON.parse(text);
    return status.status === "Success" ? "The shell has ended." : `The shell has ended: ${status.message}`.slice(0, SAID_MAX);
  } catch { return ""; }
}

function over(text) {
  said.textContent = text;
  button.hidden = false;
  button.textContent = "Open it again";
  button.focus();
}

// A refused WebSocket gives no reason; the same address asked plainly does.
async function explain() {
  const answer = await fetch(place.dataset.exec, { cache: "no-store" }).catch(() => null);
  const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
  over(page?.querySelector(".headline")?.textContent || "The cluster cannot be reached.");
}

async function open() {
  button.hidden = true;
  said.textContent = "Connecting.";
  if (!open.Terminal) { adoptStyles(); open.Terminal = (await import("/ui/static/vendor/xterm.mjs")).Terminal; }
  open.term?.dispose();
  place.hidden = false;
  const term = open.term = new open.Terminal({
    screenReaderMode: true, fontSize: 14, theme: theme(), cursorBlink: false, scrollback: 5000,
    fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', minimumContrastRatio: 4.5,
  });
  term.attachCustomKeyEventHandler(event => !(event.key === "Tab" && event.shiftKey));
  term.open(place);
  term.textarea?.setAttribute("aria-label", `terminal: ${place.dataset.name}`);
  fit(term);
  connect(term);
}

function fit(term) {
  // How many characters have room: by the size of the ones that are there.
  const screen = place.querySelector(".xterm-screen").getBoundingClientRect();
  if (!screen.width || !screen.height) return;
  const width = screen.width / term.cols, height = screen.height / term.rows;
  const room = place.getBoundingClientRect();
  term.resize(Math.max(20, Math.floor((room.width - 24) / width)), Math.max(8, Math.floor((room.height - 8) / height)));
}

if (place && button) {
  button.hidden = false;
  button.addEventListener("click", open);
  addEventListener("resize", () => open.term && fit(open.term));
  dark.addEventListener("change", () => { if (open.term) open.term.options.theme = theme(); });
}
