// Shows only the findings whose severity and part are ticked, and puts the squares into other rows. Without it every
// finding is shown, and the squares stand by chapter.
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
  // The same squares in other rows: by Top 10, API Top 10 or CWE.
  const regroup = document.getElementById("regroup");
  if (regroup) {
    const grid = document.getElementById("squares");
    const chapters = [...grid.children];
    const squares = [...grid.querySelectorAll(".squares > svg")];
    const groups = grid.dataset.groups.split(",").map((one) => one.split(" "));
    const homes = squares.map((one) => one.parentNode);
    const names = JSON.parse(grid.dataset.names);
    const row = ([id, members]) => {
      const made = chapters[0].cloneNode(true);
      const [chapter, picture, count] = made.children;
      const name = ["top10", "api", "cwe"].map((list) => names[list][id]).find(Boolean) || "none of these";
      const faults = members.filter((one) => one.querySelector("[href='#q-f']")).length;
      chapter.replaceChildren(Object.assign(document.createElement("b"), { textContent: id }), ` ${name}`);
      picture.replaceChildren(...members);
      picture.setAttribute("aria-label", `${id} ${name}: ${members.length} requirements, ${faults} with a fault`);
      count.textContent = faults ? `${faults} ✕` : "";
      return made;
    };
    regroup.hidden = false;
    regroup.addEventListener("change", () => {
      const by = new FormData(regroup).get("group");
      squares.forEach((one, at) => homes[at].append(one));
      const rows = new Map([...Object.keys(names[by] || {}), "–"].map((id) => [id, []]));
      squares.forEach((one, at) => rows.get(groups[at].find((id) => rows.has(id)) || "–").push(one));
      grid.replaceChildren(...(by ? [...rows].filter(([, members]) => members.length).map(row) : chapters));
    });
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
