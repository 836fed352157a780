// Single keys: / goes to the field that finds things, ? shows what each key does. They can be turned off.

const isWriting = element => element.closest("input, textarea, select, [contenteditable], #terminal") !== null;

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || isWriting(event.target)) return;
  if (event.key === "/") {
    const find = document.getElementById("find");
    event.preventDefault();
    find.focus();
    find.select();
  } else if (event.key === "?") {
    document.getElementById("keys").togglePopover();
  }
}

if (document.documentElement.dataset.keys === "on" && document.getElementById("find")) addEventListener("keydown", press);
