// The timetable board: meetings can be dragged, and the planner's progress follows by itself.
// Every drag sends what a button sends, so the page works without script.

import { post } from "./app.js";

const board = document.querySelector("[data-board][data-move]");
const refusal = document.querySelector("[data-refusal]");
const placesOf = new Map();
let dragged = null;

function say(sentence) {
  if (!refusal) return;
  refusal.textContent = sentence;
  refusal.hidden = false;
  refusal.scrollIntoView({ block: "nearest" });
}

// What forbids each place to a meeting; asked once, as soon as somebody begins to drag it.
async function places(wish) {
  if (!placesOf.has(wish)) {
    const address = board.dataset.places.replace(/\/0$/, `/${wish}`);
    const response = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    placesOf.set(wish, response.ok ? await response.json() : {});
  }
  return placesOf.get(wish);
}

function mark(forbidden) {
  for (const cell of board.querySelectorAll("[data-place]")) {
    const why = forbidden[cell.dataset.place];
    const meeting = cell.dataset.wish;
    cell.classList.toggle("may-drop", why === "");
    cell.classList.toggle("no-drop", Boolean(why) && !meeting);
  }
}

function clear() {
  board.classList.remove("is-dragging");
  for (const cell of board.querySelectorAll(".may-drop, .no-drop, .is-over, .is-dragged")) {
    cell.classList.remove("may-drop", "no-drop", "is-over", "is-dragged");
  }
}

async function send(url, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  try {
    const response = await post(url, body);
    const answer = response.headers.get("Content-Type")?.startsWith("application/json")
      ? await response.json()
      : {};
    if (response.ok && answer.next) {
      const target = new URL(answer.next, window.location.href);
      const here = window.location.pathname + window.location.search;
      if (target.pathname + target.search === here) window.location.reload();
      else window.location.assign(target);
    } else if (answer.sentence) say(answer.sentence);
    else if (response.status !== 401) window.location.reload();
  } catch {
    say(english() ? "No connection. Nothing was changed." : "没有连上，什么也没有改动。");
  }
}

const english = () => document.documentElement.lang.startsWith("en");

function drop(cell) {
  const { wish, place } = dragged;
  const other = cell.dataset.wish;
  if (other === wish) return;
  if (!place) {
    if (!other) send(board.dataset.book, { wish, place: cell.dataset.place });
    return;
  }
  if (other) send(board.dataset.swap, { wish, other });
  else send(board.dataset.move, { wish, place: cell.dataset.place });
}

if (board) {
  board.addEventListener("dragstart", async (event) => {
    const item = event.target.closest?.("[data-wish]");
    if (!item) return;
    dragged = { wish: item.dataset.wish, place: item.dataset.place };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.textContent.trim());
    item.classList.add("is-dragged");
    board.classList.add("is-dragging");
    if (refusal) refusal.hidden = true;
    const forbidden = await places(dragged.wish);
    if (dragged?.wish === item.dataset.wish) mark(forbidden);
  });
  board.addEventListener("dragover", (event) => {
    const cell = event.target.closest?.("[data-place]");
    if (!dragged || !cell || cell.dataset.wish === dragged.wish) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    for (const other of board.querySelectorAll(".is-over")) other.classList.remove("is-over");
    cell.classList.add("is-over");
  });
  board.addEventListener("drop", (event) => {
    const cell = event.target.closest?.("[data-place]");
    if (!dragged || !cell) return;
    event.preventDefault();
    drop(cell);
  });
  board.addEventListener("dragend", () => {
    dragged = null;
    clear();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || dragged) return;
    if (event.target.closest("input, textarea, select, details[open]")) return;
    document.querySelector("[data-cancel]")?.click();
  });
  board.querySelector(".mm-slot[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

// The planner: asked every two seconds, and the page is made anew when it has ended.
const progress = document.querySelector("[data-progress]");

async function follow() {
  try {
    const response = await fetch(progress.dataset.progress, { headers: { "X-Requested-With": "fetch" } });
    if (response.status === 204) {
      window.location.reload();
      return;
    }
    if (response.ok) {
      const part = new DOMParser().parseFromString(await response.text(), "text/html");
      progress.replaceChildren(...part.body.childNodes);
    }
  } catch {
    // The next look may succeed.
  }
  setTimeout(follow, 2000);
}

if (progress) setTimeout(follow, 2000);
