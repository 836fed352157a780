// Plays a journey and shows each line of its tale as it comes. Without it the button leads to a page with all of it.

const tale = document.getElementById("tale");
const hops = document.getElementById("hops");
const template = document.createElement("template");

function show(html) {
  template.innerHTML = html;
  hops.append(template.content);
}

function told(block) {
  const line = block.split("\n").find(one => one.startsWith("data: "));
  if (line) show(line.slice(6));
}

async function play(event) {
  const form = event.target.closest("form[data-play]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  tale.hidden = false;
  hops.replaceChildren();
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { accept: "text/event-stream" } });
    if (!answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      show('<li class="trouble"><p></p></li>');
      hops.lastElementChild.firstElementChild.textContent = page.querySelector(".headline")?.textContent || "That did not work.";
      return;
    }
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const blocks = (rest + part.value).split("\n\n");
      rest = blocks.pop();
      blocks.forEach(told);
    }
  } catch {
    show('<li class="trouble"><p>The connection broke before the end.</p></li>');
  } finally {
    button.disabled = false;
  }
}

document.addEventListener("submit", play);
