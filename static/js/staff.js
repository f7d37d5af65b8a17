// The care team's pages work without this file. It moves through lists by keys, and lets the queue
// look again by itself while it is in view, without moving what somebody is reading.
"use strict";

const KEYS_OFF = "keys-off"; // in localStorage: single keys can be in the way of other tools
const LOOK_AGAIN = 30000; // milliseconds
const TYPED_INTO = "input, textarea, select, [contenteditable]";

const keyboard = document.getElementById("keyboard");
const keysOn = document.getElementById("keys-on");
if (keyboard) keyboard.hidden = false;
if (keysOn) {
  keysOn.checked = !localStorage.getItem(KEYS_OFF);
  keysOn.addEventListener("change", () => {
    if (keysOn.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
}

const openers = () => [...document.querySelectorAll(".row-card [id^=open-]")];
const current = () => document.activeElement?.closest(".row-card");

function step(by) {
  const all = openers(), at = all.findIndex((one) => one.closest(".row-card") === current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  next?.focus();
  next?.closest(".row-card").scrollIntoView({ block: "nearest" });
}

function press(selector) {
  const row = current();
  // On a list a key means the form that has the focus; on a form's page there is only one.
  if (row || !openers().length) (row ?? document).querySelector(selector)?.click();
}

const actions = {
  j: () => step(1),
  k: () => step(-1),
  o: () => press("[id^=open-]"),
  a: () => press("[data-key=a]"),
  n: () => press("[data-key=n]"),
  x: () => document.querySelector("a[rel=next]")?.click(),
  "?": () => {
    if (keyboard) keyboard.open = !keyboard.open;
    if (keyboard?.open) keyboard.querySelector("summary").focus();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && event.key === "a") return;
  if (event.target.closest?.(TYPED_INTO) || localStorage.getItem(KEYS_OFF)) return;
  const act = Object.hasOwn(actions, event.key) && actions[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

const first = document.querySelector("form[data-focus]");
first?.elements[first.dataset.focus]?.focus();

// --------------------------------------------------------------------- the queue looks again
const news = document.getElementById("queue-news");
const codes = () => openers().map((one) => one.id);

function anchor() {
  const rows = [...document.querySelectorAll(".row-card")];
  return current() ?? rows.find((row) => row.getBoundingClientRect().bottom > 0);
}

if (news && window.htmx) {
  let place = null, before = [];

  setInterval(() => {
    if (document.visibilityState === "visible") htmx.trigger("#queue-rows", "refresh");
  }, LOOK_AGAIN);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    event.detail.shouldSwap = xhr.status === 200 && xhr.getResponseHeader("X-Queue-Rows") === "1";
    if (!event.detail.shouldSwap) {
      news.textContent = "The queue could not look again. Load the page anew.";
      news.classList.remove("visually-hidden");
      return;
    }
    const row = anchor();
    place = row && { id: row.id, top: row.getBoundingClientRect().top };
    before = codes();
  });

  document.addEventListener("htmx:afterSettle", () => {
    const row = place && document.getElementById(place.id);
    if (row) scrollBy({ top: row.getBoundingClientRect().top - place.top, behavior: "instant" });
    const added = codes().filter((one) => !before.includes(one)).length;
    if (added) news.textContent = added === 1 ? "One form is new in this list." : `${added} forms are new in this list.`;
  });
}
