// The posting forms: rows without a reload, autosave, the meter and what already exists.

import { post } from "./app.js";

const form = document.querySelector("[data-posting-form]");
const state = document.querySelector("[data-save-state]");
const storeKey = `draft:${form.dataset.draftUrl}`;
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
  try {
    localStorage.setItem(storeKey, JSON.stringify([...data.entries()].filter(([, v]) => typeof v === "string")));
  } catch {
    // a full or forbidden store is no reason to stop; the server keeps the draft
  }
  try {
    const response = await post(form.dataset.draftUrl, data);
    if (!response.ok) throw new Error(String(response.status));
    const { at } = await response.json();
    say(form.dataset.savedWords.replace("{at}", at));
  } catch {
    say(form.dataset.failedWords, true);
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
  try {
    localStorage.removeItem(storeKey);
  } catch {
    // as above
  }
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

function addRow(body, name) {
  if (body.rows.length >= 20) return;
  const row = body.rows[body.rows.length - 1].cloneNode(true);
  for (const field of row.querySelectorAll("input")) field.value = "";
  for (const field of row.querySelectorAll("select")) field.selectedIndex = 0;
  body.append(row);
  number(body, name);
  row.querySelector("input, select").focus();
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

// An empty form has nothing to look for yet.
window.addEventListener("load", () => {
  if (form.elements.title.value.trim() || form.elements.problem.value.trim()) ask();
});
