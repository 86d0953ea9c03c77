// Uses what holds a payload, as somebody would who clicks everywhere; and says that the fragment changed, for pages that
// only then read it.
(name) => {
  if (location.hash && !/^#!?\//.test(location.hash))
    window.dispatchEvent(new HashChangeEvent("hashchange", { oldURL: location.href, newURL: location.href }));
  const click = (element) => {
    element.removeAttribute("target");
    element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  };
  for (const element of document.querySelectorAll("*")) {
    for (const { name: attribute, value } of element.attributes) {
      if (!value.includes(name + "(")) continue;
      if (attribute.startsWith("on")) element.dispatchEvent(new Event(attribute.slice(2), { bubbles: true }));
      else if (element.localName === "form" && attribute === "action") HTMLFormElement.prototype.submit.call(element);
      else if (/href$|^formaction$/.test(attribute) && !["base", "link"].includes(element.localName)) click(element);
    }
  }
}
