// Every page: toasts that can be closed, the search key, counters, print, sessions that ended.

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

// A fetch that carries the CSRF token; when the session has ended, the page says so and stays.
export async function post(url, body, { signal } = {}) {
  const headers = { "X-CSRFToken": csrfToken(), "X-Requested-With": "fetch" };
  const response = await fetch(url, { method: "POST", body, headers, signal });
  if (response.status === 401) sessionEnded();
  if (response.status === 400) await renewToken();
  return response;
}

async function renewToken() {
  const response = await fetch("/session/token", { headers: { "X-Requested-With": "fetch" } });
  if (!response.ok) return;
  const { token } = await response.json();
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
  document.querySelector("[data-session-note]")?.remove();
}

function sessionEnded() {
  if (document.querySelector("[data-session-note]")) return;
  const note = document.createElement("div");
  note.className = "mm-note mm-note--warn";
  note.dataset.sessionNote = "";
  note.setAttribute("role", "alert");
  const words = document.documentElement.lang.startsWith("en")
    ? ["Your session has ended. What you typed is still on this page.", "Sign in again in a new window"]
    : ["会话已结束，您填写的内容还在本页。", "在新窗口登录后继续"];
  const link = document.createElement("a");
  link.href = "/sign-in";
  link.target = "_blank";
  link.textContent = words[1];
  const text = document.createElement("div");
  text.append(words[0], " ", link);
  note.append(document.createElement("span"), text);
  document.querySelector("main")?.prepend(note);
  window.addEventListener("focus", renewToken, { once: true });
}

const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing(event.target)) {
    const box = document.querySelector("[data-search]");
    event.preventDefault();
    if (box) box.focus();
    else document.querySelector("[data-search-link]")?.click();
  }
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.mm-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.mm-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  if (event.target.closest("[data-print]")) window.print();
  const asking = event.target.closest("[data-confirm]");
  if (asking && !window.confirm(asking.dataset.confirm)) event.preventDefault();
});

// One box that ticks all; without script every row has its own.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.pickAll;
  if (!name) return;
  for (const box of document.querySelectorAll(`input[name="${CSS.escape(name)}"]`)) box.checked = event.target.checked;
});

const counted = (text) => [...text.replaceAll("\r\n", "\n")].length;

document.addEventListener("input", (event) => {
  const counter = document.querySelector(`[data-counter="${CSS.escape(event.target.id)}"]`);
  if (!counter) return;
  const limit = Number(counter.dataset.limit);
  const length = counted(event.target.value);
  counter.textContent = `${length.toLocaleString("en")} / ${limit.toLocaleString("en")}`;
  counter.classList.toggle("mm-over", length > limit);
});

// Demonstration accounts fill the sign-in form with one press.
for (const cell of document.querySelectorAll("[data-demo-email]")) {
  const form = document.querySelector(".mm-door__form form");
  if (!form?.elements.email || !form.elements.password) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "mm-linkbtn";
  button.textContent = cell.textContent;
  button.addEventListener("click", () => {
    form.elements.email.value = cell.dataset.demoEmail;
    form.elements.password.value = cell.dataset.demoPassword;
    form.querySelector('button[type="submit"]').focus();
  });
  cell.replaceChildren(button);
}

// A row of tabs that scrolls begins at the tab of this page.
for (const tab of document.querySelectorAll(".mm-tabs [aria-current], .mm-seg [aria-current]")) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

document.querySelector("[data-focus]")?.focus();

// Who signs out leaves nothing typed behind in this browser.
document.addEventListener("submit", (event) => {
  if (!event.target.matches('form[action$="/sign-out"]')) return;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("draft:")) localStorage.removeItem(key);
  } catch {}
});
