// Keys of the review desk. Every key presses a real button, so the page works without script.

const desk = document.querySelector("[data-review]");
const toast = document.querySelector("[data-toast]");
const press = (name) => document.querySelector(`[data-act="${name}"]`)?.click();
const typing = (element) =>
  element.closest("textarea, select, [contenteditable]") ||
  element.closest('input:not([type="checkbox"]):not([type="radio"])');

function step(direction) {
  const links = [...document.querySelectorAll("[data-candidate]")];
  const place = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[place + direction]?.click();
}

const rejecting = () => document.querySelector("[data-reject][open]");

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: () => press("accept"),
  d: () => press("defer"),
  u: () => press("undo"),
  r: () => {
    press("reject");
    document.querySelector("[data-reject] input[type=radio]")?.focus();
  },
  x: () => document.querySelector("[data-candidate][aria-current]")?.parentElement.querySelector("input")?.click(),
  n: () => document.querySelector("[data-note]")?.focus(),
  "[": () => press("before"),
  "]": () => press("after"),
  "?": () => {
    const help = document.querySelector("[data-keyhelp]");
    if (help.open) help.close();
    else help.showModal();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const open = rejecting();
  if (event.key === "Escape" && open) {
    open.open = false;
    open.querySelector("summary").focus();
    return;
  }
  if (typing(event.target)) return;
  if (open && /^[1-9]$/.test(event.key)) {
    const choice = open.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (choice) {
      choice.checked = true;
      choice.focus();
    }
    return;
  }
  if (open && event.key === "Enter" && event.target.matches("input[type=radio]")) {
    event.preventDefault();
    open.closest("form").requestSubmit();
    return;
  }
  if (desk?.dataset.keys === "off" && event.key !== "?") return;
  const act = keys[event.key.toLowerCase()];
  if (act) {
    event.preventDefault();
    act();
  }
});

// The undo toast goes after eight seconds, but not while somebody is on it.
if (toast) {
  let held = false;
  let timer = setTimeout(leave, 8000);
  function leave() {
    if (!held) toast.remove();
  }
  for (const begin of ["mouseenter", "focusin"]) {
    toast.addEventListener(begin, () => {
      held = true;
      clearTimeout(timer);
    });
  }
  for (const end of ["mouseleave", "focusout"]) {
    toast.addEventListener(end, () => {
      held = false;
      timer = setTimeout(leave, 3000);
    });
  }
}
document.querySelector("[data-candidate][aria-current]")?.focus({ preventScroll: true });
