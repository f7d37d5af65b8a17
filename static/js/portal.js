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
  if (target.matches("form[method=post] textarea, form[method=post] input[type=text]")) unsaved = true;
});
document.addEventListener("submit", () => { unsaved = false; });
window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
