// A shop front in Vue, history routes. OPEN is set when it is built: the twin writes the same values as text.
const { createApp, h, ref, onMounted } = Vue;
const { createRouter, createWebHistory, useRoute, RouterLink, RouterView } = VueRouter;

const Home = {
  setup() {
    const items = ref([]);
    onMounted(async () => { items.value = await (await fetch("/api/items?limit=3")).json(); });
    return () => h("main", [h("h1", "Home"), h(RouterLink, { to: "/search?q=shoes" }, () => "Search"),
      h("ul", items.value.map((item) => h("li", h(RouterLink, { to: `/items/${item.id}` }, () => item.name))))]);
  },
};
const Search = { setup() { const route = useRoute(); return () => h("main", [h("h1", "Search"), OPEN ? h("p", { innerHTML: `Results for ${route.query.q || ""}` }) : h("p", `Results for ${route.query.q || ""}`)]); } };
const Item = { setup() { const route = useRoute(); return () => h("main", [h("h1", "Item"), h("p", `Number ${route.params.id}`)]); } };
const Preview = {
  setup() {
    const box = ref(null);
    onMounted(() => { const draft = decodeURIComponent(location.hash.slice(1)); if (OPEN) box.value.innerHTML = draft; else box.value.textContent = draft; });
    return () => h("main", [h("h1", "Preview of a draft"), h("div", { ref: box })]);
  },
};
const Feedback = {
  setup() {
    const text = ref(""), said = ref("");
    const send = async (event) => {
      event.preventDefault();
      await fetch("/api/feedback", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text: text.value, about: { page: "home" } }) });
      said.value = "Thanks";
    };
    return () => h("main", [h("h1", "Feedback"), h("form", { onSubmit: send }, [h("input", { name: "text", value: text.value, onInput: (e) => { text.value = e.target.value; } }), h("button", "Send")]), h("p", said.value)]);
  },
};
const Lost = { render: () => h("main", h("h1", "There is no such page")) };
const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: "/", component: Home }, { path: "/search", component: Search }, { path: "/items/:id", component: Item },
    { path: "/staff/preview", component: Preview }, { path: "/staff/feedback", component: Feedback },
    { path: "/:rest(.*)*", component: Lost },
  ],
});
createApp({ render: () => h(RouterView) }).use(router).mount("#app");
