// The pages work without this file. It moves the focus to a list of mistakes, keeps "none of these"
// apart from the other boxes, and asks before written text is lost.
"use strict";

document.querySelector(".error-summary")?.focus();

function boxesBeside(box) {
  return [...box.form.elements].filter((other) => other !== box && other.name === box.name);
}

document.addEventListener("change", ({ target }) => {
  if (target.type !== "checkbox" || !target.checked || !target.form) return;
  const exclusive = "exclusive" in target.dataset;
  for (const other of boxesBeside(target)) {
    if (exclusive || "exclusive" in other.dataset) other.checked = false;
  }
});

let unsaved = false;
document.addEventListener("input", ({ target }) => {
  // A form that saves itself says below when it could not.
  if (!target.matches("form[method=post] textarea, form[method=post] input[type=text]")) return;
  if (!("autosave" in target.form.dataset)) unsaved = true;
});
document.addEventListener("submit", () => { unsaved = false; });
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

// A part of the form saves itself while it is filled in: after a pause, and when the page goes away.
// One request at a time, because each answer brings the version that the next one must name.
const AUTOSAVE_PAUSE = 1500; // milliseconds
const ELSEWHERE = "This part was changed somewhere else. When you press Save, we ask you what to keep.";

function saveItself(form) {
  const state = form.querySelector(".autosave-state");
  let changes = 0, saved = 0, stopped = false, timer, running = null;

  function say(words) {
    if (state.textContent !== words) state.textContent = words; // read out only when it changes
  }

  function answer({ status, headers }, upTo) {
    if (status === 409) { stopped = unsaved = true; return say(ELSEWHERE); }
    if (status !== 204) return failed();
    if (headers.has("X-Section-Version")) form.elements.version.value = headers.get("X-Section-Version");
    saved = upTo;
    unsaved = false;
    say("Saved");
  }

  function failed() {
    unsaved = true;
    say("Not saved just now. Your answers are still on this page.");
  }

  async function post() {
    const upTo = changes, body = new FormData(form);
    body.set("autosave", "1");
    try {
      answer(await fetch(location.href, { method: "POST", body, keepalive: true, redirect: "manual" }), upTo);
    } catch {
      failed();
    }
  }

  async function save() {
    clearTimeout(timer);
    if (running) await running;
    if (stopped || saved === changes) return;
    running = post();
    await running;
    running = null;
  }

  function changed() {
    changes += 1;
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, AUTOSAVE_PAUSE);
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("pagehide", save);
  form.addEventListener("submit", async (event) => {
    stopped = true;
    clearTimeout(timer);
    if (!running) return;
    event.preventDefault(); // the version of the save under way must be known first
    await running;
    form.requestSubmit(event.submitter);
  });
}

for (const form of document.querySelectorAll("form[data-autosave]")) saveItself(form);
