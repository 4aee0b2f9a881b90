// The posting forms: rows without a reload, autosave, the meter and what already exists.

import { post } from "./app.js";

const form = document.querySelector("[data-posting-form]");
const state = document.querySelector("[data-save-state]");
// What the server has not got yet waits in this browser, under the person who typed it.
const storeKey = `draft:${form.dataset.owner}:${form.dataset.draftUrl}`;
let composing = false;
let saveTimer;
let liveTimer;
let sent = false;

const fields = () => {
  const data = new FormData(form);
  data.delete("csrf_token");
  return data;
};

function say(words, failed = false) {
  state.textContent = words;
  state.classList.toggle("mm-over", failed);
}

async function save() {
  if (composing || sent) return;
  const data = fields();
  keep([...data.entries()].filter(([, value]) => typeof value === "string"));
  try {
    const response = await post(form.dataset.draftUrl, data);
    if (response.status === 401) {
      say(form.dataset.endedWords, true);
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    const { at } = await response.json();
    forget();
    say(form.dataset.savedWords.replace("{at}", at));
  } catch {
    say(form.dataset.failedWords, true);
  }
}

// A full or forbidden store is no reason to stop; the server keeps the draft.
function keep(entries) {
  try {
    localStorage.setItem(storeKey, JSON.stringify(entries));
  } catch {}
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(storeKey) ?? "[]");
  } catch {
    return [];
  }
}

function forget() {
  try {
    localStorage.removeItem(storeKey);
  } catch {}
}

function restore(entries) {
  for (const body of form.querySelectorAll("[data-rows] tbody")) {
    const name = body.closest("[data-rows]").dataset.rows;
    const numbers = entries.map(([key]) => Number(key.match(`^${name}-(\\d+)-`)?.[1] ?? -1));
    const wanted = Math.min(Math.max(...numbers) + 1, 20);
    while (body.rows.length < wanted) addRow(body, name, false);
  }
  for (const box of form.querySelectorAll('input[type="checkbox"], input[type="radio"]')) {
    box.checked = entries.some(([key, value]) => key === box.name && value === box.value);
  }
  const given = new Map();
  for (const [key, value] of entries) given.set(key, [...(given.get(key) ?? []), value]);
  for (const [key, values] of given) {
    const found = [...form.querySelectorAll(`[name="${CSS.escape(key)}"]`)];
    found
      .filter((field) => !["checkbox", "radio", "file", "hidden", "submit"].includes(field.type))
      .forEach((field, index) => {
        field.value = values[index] ?? field.value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      });
  }
}

// htmx asks for the meter and for what already exists; the event waits for a pause in typing.
function ask() {
  if (!composing && !sent) form.dispatchEvent(new CustomEvent("typed"));
}

function changed() {
  if (composing) return;
  clearTimeout(saveTimer);
  clearTimeout(liveTimer);
  saveTimer = setTimeout(save, 1500);
  liveTimer = setTimeout(ask, 300);
}

form.addEventListener("compositionstart", () => {
  composing = true;
});
form.addEventListener("compositionend", () => {
  composing = false;
  changed();
});
form.addEventListener("input", (event) => {
  if (!event.isComposing) changed();
});
form.addEventListener("submit", (event) => {
  if (event.submitter?.name === "rows") return;
  sent = true;
  clearTimeout(saveTimer);
  forget(); // a form that meets an ended session is carried through the sign-in by the server
});

// Rows: the buttons submit the form when there is no script.
form.addEventListener("click", (event) => {
  const button = event.target.closest('button[name="rows"]');
  if (!button) return;
  event.preventDefault();
  const [name, act] = button.value.split(":");
  const body = form.querySelector(`[data-rows="${name}"] tbody`);
  if (act === "add") addRow(body, name);
  else removeRow(button.closest("tr"), body, name);
  changed();
});

function addRow(body, name, focus = true) {
  if (body.rows.length >= 20) return;
  const row = body.rows[body.rows.length - 1].cloneNode(true);
  for (const field of row.querySelectorAll("input")) field.value = "";
  for (const field of row.querySelectorAll("select")) field.selectedIndex = 0;
  body.append(row);
  number(body, name);
  if (focus) row.querySelector("input, select").focus();
}

function removeRow(row, body, name) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  if (next) row.remove();
  else for (const field of row.querySelectorAll("input")) field.value = "";
  number(body, name);
  (next ?? row).querySelector("input, select").focus();
}

function number(body, name) {
  [...body.rows].forEach((row, index) => {
    for (const field of row.querySelectorAll("[name]")) {
      field.name = field.name.replace(new RegExp(`^${name}-\\d+`), `${name}-${index}`);
      if (field.id) field.id = field.id.replace(/-\d+-/, `-${index}-`);
      if (field.name === "rows") field.value = `${name}:remove:${index}`;
      const words = field.getAttribute("aria-label");
      if (words) field.setAttribute("aria-label", words.replace(/\d+/, String(index + 1)));
    }
  });
}

// A range needs a second value.
form.addEventListener("change", (event) => {
  const field = event.target;
  if (!/-comparator$/.test(field.name ?? "")) return;
  const cell = field.closest("tr").querySelector('[name$="-value"]').parentElement;
  const second = cell.querySelector('[name$="-value_to"]');
  if (field.value === "range" && !second) {
    const first = cell.querySelector("input");
    const other = first.cloneNode();
    other.name = first.name.replace(/-value$/, "-value_to");
    other.value = "";
    other.classList.add("mt-1");
    other.removeAttribute("id");
    cell.append(other);
  } else if (field.value !== "range") {
    second?.remove();
  }
});

// A price is asked for only where one is given; what was typed comes back with the choice.
const prices = form.querySelector("[data-price]");
const priceWords = prices?.querySelector("label")?.firstChild;
const rangeWords = priceWords?.textContent;

function showPrices() {
  if (!prices) return;
  const kind = form.querySelector('[name="price_kind"]:checked')?.value ?? "negotiable";
  const [first, second] = prices.children;
  prices.hidden = kind === "negotiable";
  second.hidden = kind !== "range";
  priceWords.textContent = kind === "fixed" ? prices.dataset.fixedWords : rangeWords;
  first.querySelector("input").disabled = prices.hidden;
  second.querySelector("input").disabled = second.hidden || prices.hidden;
}
form.addEventListener("change", (event) => {
  if (event.target.name === "price_kind") showPrices();
});
showPrices();

const left = kept();
if (left.length) {
  restore(left);
  showPrices();
  say(form.dataset.restoredWords);
  save();
}

// An empty form has nothing to look for yet.
window.addEventListener("load", () => {
  if (form.elements.title.value.trim() || form.elements.problem.value.trim()) ask();
});
