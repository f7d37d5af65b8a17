// The editors' interface under a policy that runs no inline script. Fields, choosers and panels say in
// a marked element what they need, and this starts them, also in dialogs that open later.
(() => {
  const FUNCTIONS = new Set(["initDateChooser", "initTimeChooser", "initDateTimeChooser"]);
  const start = (root) => {
    for (const mark of root.querySelectorAll("[data-chooser]:not([data-started])")) {
      const name = mark.dataset.chooser;
      const id = mark.dataset.for;
      const make = window[name];
      if (!make || (id && !document.getElementById(id))) continue;
      mark.dataset.started = "";
      const config = JSON.parse(mark.dataset.config || mark.textContent);
      if (name === "createTaskChooser") make(id);
      else if (FUNCTIONS.has(name)) make(id, config);
      else if (id) new make(id, config);
      else new make(config);
    }
  };
  // While the page is still being read: a dropdown takes its buttons away as soon as it is whole.
  new MutationObserver(() => start(document)).observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => start(document));
})();
