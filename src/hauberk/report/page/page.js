// Shows only the findings whose severity and part are ticked. Without it every finding is shown.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  const items = [...document.querySelectorAll("[data-severity]")];
  const details = [...document.querySelectorAll("details")];
  if (form) {
    const shown = document.getElementById("shown");
    const groups = ["severity", "part"].filter((name) => form.querySelector(`[name=${name}]`));
    const size = (item) => Number(item.dataset.count || 1);
    const all = items.reduce((sum, item) => sum + size(item), 0);
    const apply = () => {
      const ticked = new FormData(form);
      let count = 0;
      for (const item of items) {
        const keep = groups.every((name) => ticked.getAll(name).includes(item.dataset[name]));
        item.hidden = !keep;
        count += keep && size(item);
      }
      shown.textContent = count === all ? `all ${all}` : `${count} of ${all}`;
    };
    form.hidden = false;
    form.addEventListener("change", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    // A link into the list must lead somewhere, even when its finding is filtered away.
    window.addEventListener("hashchange", () => {
      const goal = document.getElementById(location.hash.slice(1));
      if (goal && goal.hidden) {
        for (const box of form.elements) box.checked = true;
        apply();
        goal.scrollIntoView();
      }
    });
    apply();
  }
  // Paper cannot be unfolded.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = details.filter((one) => !one.open);
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
