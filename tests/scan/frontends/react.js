// A dashboard in React, routes in the fragment. OPEN is set when it is built: the twin writes the same values as text.
import { createElement as h, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { createHashRouter, Link, Outlet, RouterProvider, useSearchParams } from "react-router";

const Home = () => {
  const [orders, set] = useState([]);
  useEffect(() => { fetch("/api/orders?state=open").then((r) => r.json()).then(set); new WebSocket(location.origin.replace("http", "ws") + "/live?channel=orders"); }, []);
  return h("main", null, h("h1", null, "Orders"), h("ul", null, orders.map((o) => h("li", { key: o.id }, o.name))),
    h("button", { onClick: () => { location.hash = "/reports"; } }, "Reports"),
    h("button", { onClick: () => fetch("/api/orders/17", { method: "DELETE" }) }, "Archive"),
    h("button", { onClick: () => fetch("/api/danger", { method: "POST" }) }, "Delete everything"), h(Link, { to: "/find" }, "Find"));
};
const Find = () => {
  const [params] = useSearchParams();
  const html = `You looked for ${params.get("term") || "nothing"}`;
  return h("main", null, h("h1", null, "Find"), OPEN ? h("p", { dangerouslySetInnerHTML: { __html: html } }) : h("p", null, html));
};
const Reports = () => h("main", null, h("h1", null, "Reports"), h("p", null, "None yet"));
const Widget = () => {
  const [note, set] = useState("");
  useEffect(() => {
    const hear = (event) => {
      if (!OPEN && event.origin !== location.origin) return;
      if (event.data && event.data.type === "note") set(event.data.text);
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, []);
  return h("main", null, h("h1", null, "Widget"), h("div", { dangerouslySetInnerHTML: { __html: note } }));
};
const Leave = () => {
  const [params] = useSearchParams();
  useEffect(() => {
    const next = params.get("next") || "";
    if (OPEN ? next : /^\/(?![/\\])/.test(next)) location.href = next;
  }, []);
  return h("main", null, h("h1", null, "One moment"));
};
const Lost = () => h("main", null, h("h1", null, "There is no such page"));
const Frame = () => h("div", null, h("header", null, "Dashboard"), h(Outlet));
const router = createHashRouter([{ path: "/", element: h(Frame), children: [
  { index: true, element: h(Home) }, { path: "find", element: h(Find) }, { path: "reports", element: h(Reports) },
  { path: "embed/widget", element: h(Widget) }, { path: "leave", element: h(Leave) }, { path: "*", element: h(Lost) },
] }]);
createRoot(document.getElementById("app")).render(h(RouterProvider, { router }));
