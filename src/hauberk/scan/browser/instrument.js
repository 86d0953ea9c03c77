// Runs before every page's own scripts. NAME is a random word: the function of that name is what payloads call, and being
// called is the proof. What reaches a sink is told with the place in the code that led it there.
(() => {
  const NAME = "%NAME%", PROBING = "%PROBING%" === "yes";
  if (Object.prototype.hasOwnProperty.call(window, NAME)) return;
  const marked = new RegExp("hbk[0-9a-f]{8}|" + NAME);
  const seen = { query: {}, storage: {}, reads: {}, messages: [], routes: {}, clicks: 0, sockets: {}, changed: Date.now() };
  const tell = (what) => { const said = window[NAME + "_tell"]; if (said) said(what); };
  const place = () => String(new Error().stack || "").split("\n").slice(1)
    .filter((line) => !line.includes("UtilityScript") && !line.includes("<anonymous>:") && /\.[cm]?js|https?:/.test(line))
    .slice(0, 4).map((line) => line.trim());
  const call = (id) => {
    tell({ kind: "call", id: String(id), origin: self.origin, url: location.href, stack: String(new Error().stack || "") });
    return "";
  };
  Object.defineProperty(window, NAME, { value: call });
  Object.defineProperty(window, NAME + "_seen", { value: seen });

  const sink = (name, value) => {
    const text = typeof value === "string" ? value : value && value.toString !== Object.prototype.toString ? String(value) : "";
    if (marked.test(text) && !text.includes(NAME + "_")) tell({ kind: "sink", sink: name, value: text.slice(0, 2000), stack: place() });
  };
  const setter = (owner, property, name) => {
    const was = owner && Object.getOwnPropertyDescriptor(owner, property);
    if (!was || !was.set || !was.configurable) return;
    Object.defineProperty(owner, property, { ...was, set(value) { sink(name, value); return was.set.call(this, value); } });
  };
  const method = (owner, property, name, at = 0) => {
    const was = owner && owner[property];
    if (typeof was !== "function") return;
    const wrapped = { [property](...given) { for (const one of at === "all" ? given : [given[at]]) sink(name, one); return was.apply(this, given); } };
    Object.defineProperty(owner, property, { value: wrapped[property], configurable: true, writable: true });
  };
  setter(Element.prototype, "innerHTML", "innerHTML");
  setter(Element.prototype, "outerHTML", "outerHTML");
  setter(ShadowRoot.prototype, "innerHTML", "innerHTML");
  method(Element.prototype, "insertAdjacentHTML", "insertAdjacentHTML", 1);
  method(Element.prototype, "setHTMLUnsafe", "setHTMLUnsafe");
  method(Range.prototype, "createContextualFragment", "createContextualFragment");
  method(Document.prototype, "write", "document.write", "all");
  method(Document.prototype, "writeln", "document.writeln", "all");
  for (const [type, property] of [["HTMLAnchorElement", "href"], ["HTMLAreaElement", "href"], ["HTMLBaseElement", "href"],
    ["HTMLIFrameElement", "src"], ["HTMLIFrameElement", "srcdoc"], ["HTMLFrameElement", "src"], ["HTMLEmbedElement", "src"],
    ["HTMLObjectElement", "data"], ["HTMLScriptElement", "src"], ["HTMLScriptElement", "text"], ["HTMLFormElement", "action"],
    ["HTMLInputElement", "formAction"], ["HTMLButtonElement", "formAction"], ["HTMLLinkElement", "href"]])
    setter(window[type] && window[type].prototype, property, type.slice(4, -7).toLowerCase() + "." + property);
  const setAttribute = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (name, value) {
    if (/^(on|href$|src|action$|formaction$|data$|xlink:href$|srcdoc$)/i.test(name)) sink(this.localName + "." + name, value);
    return setAttribute.call(this, name, value);
  };
  method(window, "open", "window.open");
  method(XMLHttpRequest.prototype, "open", "XMLHttpRequest.open", 1);
  if (window.fetch) method(window, "fetch", "fetch");
  const hurried = (was, name) => function (code, delay, ...rest) {
    if (typeof code === "string") sink(name, code);
    // A page that waits is looked at only for a moment.
    return was.call(window, code, name === "setTimeout" && delay > 60 && delay <= 5000 ? 60 : delay, ...rest);
  };
  window.setTimeout = hurried(window.setTimeout, "setTimeout");
  window.setInterval = hurried(window.setInterval, "setInterval");
  window.Function = new Proxy(Function, {
    apply(was, self, given) { for (const one of given) sink("Function", one); return Reflect.apply(was, self, given); },
    construct(was, given, target) { for (const one of given) sink("Function", one); return Reflect.construct(was, given, target === window.Function ? was : target); },
  });
  if (PROBING) { // an eval that is looked at is no direct eval any more: only where nothing is to be proved
    const was = window.eval;
    window.eval = (code) => { sink("eval", code); return was(code); };
  }

  // What the page reads: the names of inputs.
  const getter = (owner, property, name) => {
    const was = owner && Object.getOwnPropertyDescriptor(owner, property);
    if (!was || !was.get || !was.configurable) return;
    Object.defineProperty(owner, property, { ...was, get() { seen.reads[name] = 1; return was.get.call(this); } });
  };
  getter(window, "name", "name");
  getter(Document.prototype, "referrer", "referrer");
  getter(Document.prototype, "cookie", "cookie");
  for (const name of ["get", "getAll", "has"]) {
    const was = URLSearchParams.prototype[name];
    URLSearchParams.prototype[name] = function (key, ...rest) { seen.query[key] = 1; return was.call(this, key, ...rest); };
  }
  for (const which of ["localStorage", "sessionStorage"]) {
    let real; try { real = window[which]; } catch { continue; }
    if (!real) continue;
    const looked = (key) => { if (typeof key === "string" && !(key in Storage.prototype)) seen.storage[which + ":" + key] = 1; };
    const proxy = new Proxy(real, {
      get(store, key) {
        looked(key);
        const value = store[key];
        return typeof value === "function" ? (...given) => { if (key === "getItem") looked(String(given[0])); return value.apply(store, given); } : value;
      },
      set(store, key, value) { store[key] = value; return true; },
    });
    try { Object.defineProperty(window, which, { get: () => proxy, configurable: true }); } catch { /* not ours to change */ }
  }
  const listen = (handler) => { if (typeof handler === "function" && seen.messages.length < 20) seen.messages.push(Function.prototype.toString.call(handler).slice(0, 20000)); };
  const add = EventTarget.prototype.addEventListener;
  const remember = (element) => { try { setAttribute.call(element, "data-" + NAME, ""); } catch { /* no element */ } };
  EventTarget.prototype.addEventListener = function (type, handler, ...rest) {
    if (type === "message" && (this === window || this === undefined)) listen(handler);
    if ((type === "click" || type === "mousedown") && this instanceof Element && this !== document.body && this !== document.documentElement) remember(this);
    return add.call(this, type, handler, ...rest);
  };
  const onmessage = Object.getOwnPropertyDescriptor(window, "onmessage");
  if (onmessage && onmessage.set && onmessage.configurable)
    Object.defineProperty(window, "onmessage", { ...onmessage, set(handler) { listen(handler); return onmessage.set.call(window, handler); } });
  const went = (url) => { try { if (url !== undefined && url !== null) seen.routes[new URL(url, location.href).href] = 1; } catch { /* no URL */ } };
  for (const name of ["pushState", "replaceState"]) {
    const was = History.prototype[name];
    History.prototype[name] = function (state, title, url) { went(url); return was.call(this, state, title, url); };
  }
  add.call(window, "hashchange", () => went(location.href));
  const Socket = window.WebSocket;
  if (Socket) window.WebSocket = new Proxy(Socket, { construct(was, given) { seen.sockets[String(given[0])] = 1; return Reflect.construct(was, given); } });
  const watch = () => new MutationObserver(() => { seen.changed = Date.now(); }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  if (document.documentElement || document.nodeType) watch();
})();
