// A choice is saved without leaving the place: the page that answers takes the place of this one.

import { post } from "./app.js";

const main = document.querySelector("#main");

const keyOf = (button) => [button.name, button.value];
const again = ([name, value]) =>
  document.querySelector(`button[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);

// Where the button is gone, its row has the focus; where the row is gone, the page.
function focus(key) {
  const team = key[1].split(":").pop();
  const found = again(key) ?? document.querySelector(`#t${CSS.escape(team)} button`) ?? main;
  found.focus({ preventScroll: found === main });
}

async function save(form, button) {
  const body = new FormData(form, button);
  const place = button.closest("li")?.getBoundingClientRect().top ?? 0;
  const answer = await post(button.hasAttribute("formaction") ? button.formAction : form.action, body);
  if (![200, 409, 422].includes(answer.status)) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#main");
  if (!fresh?.querySelector("[data-wishes]")) return;
  main.replaceChildren(...fresh.childNodes);
  const key = keyOf(button);
  focus(key);
  const row = again(key)?.closest("li");
  if (row) window.scrollBy(0, row.getBoundingClientRect().top - place);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-wishes]") || !event.submitter || form.dataset.plain) return;
  event.preventDefault();
  form.setAttribute("aria-busy", "true");
  try {
    await save(form, event.submitter);
  } catch {
    form.dataset.plain = "yes"; // no answer: let the browser send it and say what happened
    form.requestSubmit(event.submitter);
  } finally {
    form.removeAttribute("aria-busy");
  }
});
