// Uses one element of the page that was not used yet, as a person would: fills in, then sends a form or clicks.
({ name, done }) => {
  const destroys = new Set("%DESTROYS% logout signout logoff signoff".split(" "));
  const spared = [];
  const said = (element) => [element.textContent, element.value, element.id, element.name, element.title, element.getAttribute("aria-label"), element.getAttribute("formaction")].join(" ");
  const hurts = (text) => {
    const found = String(text).replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().match(/[a-z]+/g) || [];
    return found.some((word, at) => destroys.has(word) || (["log", "sign"].includes(word) && ["out", "off"].includes(found[at + 1])));
  };
  const path = (element) => {
    const steps = [];
    for (let at = element; at && at.parentElement && steps.length < 12; at = at.parentElement)
      steps.unshift(at.localName + ":" + [...at.parentElement.children].indexOf(at));
    return steps.join(">");
  };
  const visible = (element) => element.getClientRects().length > 0;
  const samples = { email: "hauberk@example.com", url: "https://example.com/", number: "1", range: "1", date: "2026-01-02", tel: "+12025550123", time: "03:04", month: "2026-01", week: "2026-W02", "datetime-local": "2026-01-02T03:04", color: "#aabbcc", password: "Hauberk-1234" };
  const fill = (element) => {
    const type = (element.type || "").toLowerCase();
    if (["hidden", "file", "submit", "button", "reset", "image"].includes(type) || element.disabled || element.readOnly) return;
    if (type === "checkbox" || type === "radio") { if (!element.checked) element.click(); return; }
    if (element.localName === "select") { element.selectedIndex = Math.max(element.options.length - 1, 0); }
    else if (!element.value) {
      // React replaces the setter of an element; that of its class is the browser's own.
      const owner = element.localName === "textarea" ? HTMLTextAreaElement : HTMLInputElement;
      Object.getOwnPropertyDescriptor(owner.prototype, "value").set.call(element, samples[type] || "hauberk");
    }
    for (const event of ["input", "change"]) element.dispatchEvent(new Event(event, { bubbles: true }));
  };
  const inputs = [...document.querySelectorAll("input, textarea, select")].filter(visible).slice(0, 60);
  for (const form of document.forms) {
    const key = "form " + path(form);
    const buttons = [...form.querySelectorAll("button, input[type=submit]")].map(said).join(" ");
    if (done.includes(key) || !visible(form)) continue;
    if (hurts(buttons + " " + (form.getAttribute("action") || "") + " " + form.id)) { spared.push(buttons.trim() || key); continue; }
    for (const input of inputs) if (input.form === form) fill(input);
    try { form.requestSubmit(); } catch { /* it refuses */ }
    return { key };
  }
  const loose = inputs.filter((input) => !input.form);
  for (const input of loose) {
    const key = "input " + path(input);
    if (done.includes(key)) continue;
    fill(input);
    for (const event of ["keydown", "keypress", "keyup"]) input.dispatchEvent(new KeyboardEvent(event, { key: "Enter", code: "Enter", keyCode: 13, bubbles: true }));
    return { key };
  }
  const selector = 'button, [role="button"], [role="tab"], [role="menuitem"], [role="link"], [onclick], [ng-click], summary, a:not([href]), a[href^="javascript:"], [data-' + name + "]";
  const marked = [...document.querySelectorAll(selector), ...[...document.querySelectorAll("body *")].filter((e) => getComputedStyle(e).cursor === "pointer" && !e.closest("a[href]")).slice(0, 40)];
  for (const element of new Set(marked)) {
    const key = "click " + path(element) + " " + (element.textContent || "").trim().slice(0, 20);
    if (done.includes(key) || !visible(element) || element.disabled || element.querySelector("a, button, form") || (element.form && element.type === "submit")) continue;
    if (hurts(said(element))) { spared.push((element.textContent || "").trim() || key); continue; }
    element.click();
    return { key };
  }
  return { spared };
}
