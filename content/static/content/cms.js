// The editors' interface under a policy that runs no inline script: the date and time fields say
// in data attributes what they need, and this starts their choosers, also in dialogs that open later.
(() => {
  const start = (root) => {
    for (const mark of root.querySelectorAll("[data-chooser]:not([data-started])")) {
      const field = document.getElementById(mark.dataset.for);
      const chooser = window[mark.dataset.chooser];
      if (!field || !chooser) continue;
      mark.dataset.started = "";
      chooser(mark.dataset.for, JSON.parse(mark.dataset.config));
    }
  };
  document.addEventListener("DOMContentLoaded", () => {
    start(document);
    new MutationObserver(() => start(document)).observe(document.body, { childList: true, subtree: true });
  });
})();
