// Puts values into the browser's stores, named as `localStorage:key`, and hands back what was there.
(values) => Object.fromEntries(Object.entries(values).map(([name, value]) => {
  const at = name.indexOf(":"), store = window[name.slice(0, at)], key = name.slice(at + 1), was = store.getItem(key);
  if (value === null) store.removeItem(key); else store.setItem(key, value);
  return [name, was];
}))
