// The day moves on: what is shown is fetched anew every minute, unless somebody is at work on it.
// Without this script the page shows the same when it is opened again.

const area = document.querySelector("[data-refresh]");
const seconds = Number(area?.dataset.refresh ?? 0);

let changed = false;
let loadedAt = Date.now();

const busy = () =>
  document.hidden ||
  document.querySelector(".mm-act[open]") ||
  changed ||
  document.activeElement?.matches("input, textarea, select");

document.addEventListener("input", () => { changed = true; });

function renew() {
  if (!seconds || busy() || Date.now() - loadedAt < seconds * 1000) return;
  loadedAt = Date.now();
  window.location.reload();
}

if (seconds) {
  window.setInterval(renew, 5000);
  document.addEventListener("visibilitychange", renew);
}

// Older browsers do not close one confirmation when another opens.
document.addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!opened.matches?.(".mm-act[open]")) return;
  for (const other of document.querySelectorAll(".mm-act[open]")) if (other !== opened) other.open = false;
}, true);

// One tap is one tap; who comes back to the page may tap again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
