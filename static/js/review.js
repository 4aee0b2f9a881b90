// Keys of the review desk. Every key presses a real button, so the page works without script.

const desk = document.querySelector("[data-review]");
const toast = document.querySelector("[data-toast]");
const bar = document.querySelector("[data-bulk]");
const boxes = [...document.querySelectorAll('[data-review] input[name="chosen"]')];
const REASON_KEYS = "1234567890-";
const press = (name) => document.querySelector(`[data-act="${name}"]`)?.click();
const typing = (element) =>
  element.closest("textarea, select, [contenteditable]") ||
  element.closest('input:not([type="checkbox"]):not([type="radio"])');

function step(direction) {
  const links = [...document.querySelectorAll("[data-candidate]")];
  const place = links.findIndex((link) => link.hasAttribute("aria-current"));
  links[place + direction]?.click();
}

// What is ticked stays ticked while one goes from pair to pair of the same need.
const picked = () => boxes.filter((box) => box.checked);
const placeOf = (need) => `matchmaker.picked.${need}`;
const place = placeOf(document.querySelector('#bulk [name="need"]')?.value);
const id = (box) => box.value.split(":")[0];

function restore() {
  if (!desk) return;
  const kept = JSON.parse(sessionStorage.getItem(place) ?? "[]");
  for (const box of boxes) box.checked ||= box.defaultChecked || kept.includes(id(box));
  count();
}

function count() {
  const ids = picked().map(id);
  if (ids.length) sessionStorage.setItem(place, JSON.stringify(ids));
  else sessionStorage.removeItem(place);
  if (!bar) return;
  desk.dataset.ticked = ids.length ? "some" : "none";
  const words = bar.querySelector("[data-picked]");
  words.textContent = words.dataset.picked.replace("{n}", ids.length);
  for (const box of document.querySelectorAll("[data-reject][open]")) {
    if (bar.contains(box) !== ids.length > 0) box.open = false;
  }
}

function clear() {
  for (const box of boxes) box.checked = false;
  count();
}

document.addEventListener("change", (event) => {
  if (boxes.includes(event.target)) count();
});
bar?.querySelector('[data-act="clear"]').addEventListener("click", (event) => {
  event.preventDefault();
  clear();
  document.querySelector("[data-candidate][aria-current]")?.focus();
});
document.querySelector("#bulk")?.addEventListener("submit", () => sessionStorage.removeItem(place));
for (const form of document.querySelectorAll("[data-reopens]")) {
  form.addEventListener("submit", () => sessionStorage.removeItem(placeOf(form.dataset.reopens)));
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) restore();
});
restore();

// While something is ticked, a decision is one on all of it.
const act = (name) => press(picked().length ? `${name}-picked` : name);
const side = () => (picked().length ? "[data-bulk]" : "[data-decide]");
const rejecting = () => document.querySelector(`${side()} [data-reject][open]`);

const keys = {
  j: () => step(1),
  k: () => step(-1),
  a: () => act("accept"),
  d: () => act("defer"),
  u: () => press("undo"),
  r: () => {
    act("reject");
    document.querySelector(`${side()} [data-reject] input[type=radio]`)?.focus();
  },
  x: () => document.querySelector("[data-candidate][aria-current]")?.parentElement.querySelector("input")?.click(),
  c: () => press("clear"),
  n: () => document.querySelector("[data-note]")?.focus(),
  "[": () => press("before"),
  "]": () => press("after"),
  "?": () => {
    const help = document.querySelector("[data-keyhelp]");
    if (help.open) help.close();
    else help.showModal();
  },
};

function choose(choice) {
  choice.checked = true;
  const remark = choice.closest("[data-reject]").querySelector('[name="remark"]');
  (choice.value === "other" ? remark : choice).focus();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const open = rejecting();
  if (event.key === "Escape" && open) {
    open.open = false;
    open.querySelector("summary").focus();
    return;
  }
  if (typing(event.target)) return;
  if (open && event.key.length === 1 && REASON_KEYS.includes(event.key)) {
    const choice = open.querySelectorAll("input[type=radio]")[REASON_KEYS.indexOf(event.key)];
    if (choice) {
      event.preventDefault();
      choose(choice);
    }
    return;
  }
  if (open && event.key === "Enter" && event.target.matches("input[type=radio]")) {
    event.preventDefault();
    const button = open.querySelector("button");
    button.form.requestSubmit(button);
    return;
  }
  if (desk?.dataset.keys === "off" && event.key !== "?") return;
  const key = keys[event.key.toLowerCase()];
  if (key) {
    event.preventDefault();
    key();
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
