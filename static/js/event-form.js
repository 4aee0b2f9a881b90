// The form of an event: shows what its kind has, proposes windows from the first day.

const form = document.querySelector("[data-event-form]");
const parts = [...form.querySelectorAll("[data-for]")];
const windows = ["registration_from", "registration_until", "wishes_until"];
// What the platform filled in is renewed with the day; what a person typed is theirs.
const proposed = new Map();
let asking;

const kind = () => form.querySelector('input[name="kind"]:checked');

function showParts() {
  const has = (kind()?.dataset.has ?? "").split(" ");
  for (const part of parts) part.hidden = !part.dataset.for.split(" ").some((name) => has.includes(name));
}

async function propose() {
  const day = form.elements.day?.value.trim();
  if (!form.dataset.proposals || !day) return;
  asking?.abort();
  asking = new AbortController();
  const query = new URLSearchParams({ day, kind: kind()?.value ?? "" });
  try {
    const response = await fetch(`${form.dataset.proposals}?${query}`, { signal: asking.signal });
    if (!response.ok) return;
    fill(await response.json());
  } catch {
    // The service proposes the same when the form is sent.
  }
}

function fill(values) {
  for (const name of windows) {
    const field = form.elements[name];
    const untouched = field && (!field.value || field.value === proposed.get(name));
    if (!untouched || values[name] === undefined) continue;
    field.value = values[name];
    proposed.set(name, values[name]);
  }
}

form.addEventListener("change", (event) => {
  if (event.target.name === "kind") showParts();
  if (event.target.name === "kind" || event.target.name === "day") propose();
});

showParts();
