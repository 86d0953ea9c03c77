// Everything from the server is text: elements are made one by one, and nothing is parsed as markup.
const CLASSES = ["injection", "cross-site", "limits", "accounts", "requests", "sessions", "policy", "operations"];
const at = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const wanted = { span: "1h", class: "", source: "", route: "", name: "", q: "" };
let stream = null, polling = 0, paused = false, failures = 0, known = new Set(), asked = 0;

function make(tag, attributes = {}, ...children) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") one.addEventListener("click", value); else one.setAttribute(name, value);
  }
  one.append(...children);
  return one;
}
function draw(tag, attributes, ...children) {
  const one = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
  one.append(...children);
  return one;
}
const count = (number) => new Intl.NumberFormat().format(number);
const two = (number) => String(number).padStart(2, "0");
function clock(seconds, long) {
  const d = new Date(seconds * 1000), time = `${two(d.getHours())}:${two(d.getMinutes())}`;
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
  if (long) return `${day} ${time}:${two(d.getSeconds())}`;
  return new Date().toDateString() === d.toDateString() ? `${time}:${two(d.getSeconds())}` : `${day} ${time}`;
}

function numbers(state) {
  const rows = [
    ["Events held", count(state.held)], ["Stopped", count(state.stopped)], ["Sources", count(state.sources_known)],
    ["Sessions", state.sessions], ["Workers", count(state.workers)], ["Dropped", count(state.dropped), state.dropped > 0],
  ];
  at("numbers").replaceChildren(...rows.map(([name, value, bad]) =>
    make("div", bad ? { class: "bad" } : {}, make("dt", {}, name), make("dd", {}, value))));
}

function chart(state) {
  const width = 1000, height = 176, low = 1, bars = state.series;
  const sum = (bar) => Object.values(bar.counts).reduce((a, b) => a + b, 0);
  const most = Math.max(1, ...bars.map(sum)), step = width / bars.length, room = height - low - 2;
  const total = bars.reduce((all, bar) => all + sum(bar), 0);
  const parts = [draw("title", {}, `${count(total)} events within ${wanted.span}, at most ${count(most)} in one bar`)];
  bars.forEach((bar, n) => {
    let base = height - low;
    for (const name of CLASSES) {
      const here = bar.counts[name] || 0;
      if (!here) continue;
      const tall = Math.max(1.5, (here / most) * room);
      base -= tall;
      parts.push(draw("rect", { class: `c-${name}`, x: n * step + step * 0.1, y: base, width: step * 0.8, height: tall },
        draw("title", {}, `${clock(bar.at, true)}: ${count(here)} ${name}`)));
    }
  });
  parts.push(draw("line", { class: "axis", x1: 0, x2: width, y1: height - low + 0.5, y2: height - low + 0.5 }));
  const marks = [0, 0.25, 0.5, 0.75].map((part) => bars[Math.floor(part * bars.length)]);
  const times = marks.map((bar) => make("span", {}, clock(bar.at, true).slice(wanted.span === "7d" ? 5 : 11, 16)));
  at("chart").replaceChildren(make("p", {}, `at most ${count(most)}`),
    draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", preserveAspectRatio: "none" }, ...parts),
    make("p", {}, ...times, make("span", {}, "now")));
  const there = CLASSES.filter((name) => bars.some((bar) => bar.counts[name]));
  at("legend").replaceChildren(...there.map((name) => make("li", {}, make("i", { class: `c-${name}` }), name)));
}

function bars(id, rows, field) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  const items = rows.map((row) => {
    const label = field
      ? make("button", { type: "button", title: `Only ${row.name}`, onclick: () => choose(field, row.name) }, row.name)
      : make("span", { title: row.why || row.name }, row.why ? `${row.name} · ${row.why}` : row.name);
    const back = draw("svg", { "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 100 10" },
      draw("rect", { x: 0, y: 0, width: (row.count / most) * 100, height: 10 }));
    return make("li", {}, back, label, make("span", {}, count(row.count)));
  });
  at(id).replaceChildren(...(items.length ? items : [make("li", { class: "note" }, "None")]));
}

function results(last) {
  const place = at("results");
  if (!last) { place.replaceChildren(make("p", { class: "note" }, "None yet: hauberk prove main:app --format json=FILE, and --results FILE here.")); return; }
  if (last.problem) { place.replaceChildren(make("p", { class: "refused" }, last.problem)); return; }
  const letter = last.grade || "?";
  const words = Object.entries(last.counts).filter(([, n]) => n).map(([name, n]) => `${n} ${name}`).join(", ") || "no fault found";
  const parts = Object.entries(last.parts).map(([name, grade]) => `${name} ${grade || "–"}`).join(" · ");
  place.replaceChildren(make("div", { class: "result" },
    make("div", { class: `tile g-${last.grade ? last.grade.toLowerCase() : "none"}` }, make("b", {}, letter)),
    make("div", {}, make("p", {}, words), make("p", { class: "note" }, parts), make("p", { class: "note" }, `${last.target}, ${clock(last.at)}`))));
}

function rows(list) {
  const fresh = new Set(list.map((row) => row.id));
  at("rows").replaceChildren(...list.map((row) => make("tr",
    { class: `${row.stopped ? "stopped" : ""} ${known.size && !known.has(row.id) ? "fresh" : ""}` },
    make("td", {}, clock(row.at)),
    make("td", {}, make("i", { class: `mark c-${row.class}`, title: row.class }), make("button", { type: "button", onclick: () => show(row) }, row.title)),
    make("td", {}, row.source), make("td", {}, row.route), make("td", {}, row.why))));
  known = fresh;
  at("empty").hidden = list.length > 0;
}

async function show(row) {
  const answer = await fetch(`/api/events/${encodeURIComponent(row.id)}`);
  if (!answer.ok) { row = { ...row, gone: "this event is no longer held" }; }
  const event = answer.ok ? await answer.json() : row;
  at("detail-title").textContent = row.title;
  const members = [];
  for (const [name, value] of Object.entries(event)) {
    if (value === null || value === "") continue;
    const text = name === "at" ? clock(value, true) : Array.isArray(value) ? value.join("\n") : typeof value === "object" ? JSON.stringify(value, null, 1) : String(value);
    members.push(make("dt", {}, name), make("dd", {}, text));
  }
  at("members").replaceChildren(...members);
  at("detail").showModal();
}

function choose(field, value) {
  wanted[field] = wanted[field] === value ? "" : value;
  filters(); connect();
}
function filters() {
  const on = ["class", "source", "route", "name"].filter((field) => wanted[field]);
  at("active").replaceChildren(...on.map((field) =>
    make("button", { type: "button", title: "Take this filter away", onclick: () => choose(field, wanted[field]) }, `${field}: ${wanted[field]} ×`)));
}

function render(state) {
  if (paused) return;
  numbers(state); chart(state); results(state.last); rows(state.events);
  bars("classes", state.classes, "class"); bars("sources", state.sources, "source"); bars("routes", state.routes, "route");
  bars("held", state.held_back); bars("blocked", state.blocked); bars("limits", state.limits);
  at("problem").hidden = !state.problem; at("problem").textContent = state.problem;
}
function say(words, kind) { const pill = at("state"); if (pill.textContent !== words) pill.textContent = words; pill.className = `pill ${kind}`; }
const query = () => new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString();

function connect() {
  asked += 1; failures = 0; clearTimeout(polling);
  if (stream) stream.close();
  stream = new EventSource(`/api/stream?${query()}`);
  stream.addEventListener("state", (event) => { failures = 0; say("live", "live"); render(JSON.parse(event.data)); });
  stream.onerror = () => {
    failures += 1;
    // A proxy that holds streams back: ask again and again instead.
    if (failures > 2) { stream.close(); stream = null; poll(asked); }
  };
}
async function poll(turn) {
  if (turn !== asked) return;
  try {
    const answer = await fetch(`/api/state?${query()}`, { redirect: "error" });
    if (answer.status === 401) { location.assign("/sign-in"); return; }
    render(await answer.json()); say("live, every 2 s", "live");
  } catch { say("connection lost", "lost"); }
  polling = setTimeout(() => poll(turn), 2000);
}

let typing = 0;
at("q").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => { wanted.q = at("q").value; connect(); }, 300); });
at("pause").addEventListener("click", () => { paused = !paused; at("pause").setAttribute("aria-pressed", String(paused)); at("pause").textContent = paused ? "Go on" : "Pause"; if (!paused) connect(); });
for (const one of document.querySelectorAll("[data-span]")) {
  one.addEventListener("click", () => {
    wanted.span = one.dataset.span;
    for (const other of document.querySelectorAll("[data-span]")) other.setAttribute("aria-pressed", String(other === one));
    connect();
  });
}
connect();
