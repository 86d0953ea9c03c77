// What a page holds once it has come to rest.
(NAME) => {
  const seen = window[NAME + "_seen"] || {};
  const visible = (element) => element.getClientRects().length > 0;
  const links = [...document.querySelectorAll("a[href], area[href]")].slice(0, 500).map((a) => a.href).filter((h) => typeof h === "string");
  const scripts = [...document.scripts].filter((s) => s.src).map((s) => s.src);
  const routes = new Set(Object.keys(seen.routes || {}));
  const add = (path) => { if (typeof path === "string" && path.length < 200) routes.add(path); };
  // Routers that can be asked: what they know is more than what is linked.
  for (const element of document.querySelectorAll("*")) {
    const app = element.__vue_app__ || (element.__vue__ && { config: { globalProperties: element.__vue__.$root } });
    if (!app) continue;
    const router = app.config.globalProperties.$router;
    if (router && router.getRoutes) for (const route of router.getRoutes()) add("route:" + route.path);
    break;
  }
  try {
    const router = [...document.querySelectorAll("*")].slice(0, 200).map((e) => Object.keys(e).find((k) => k.startsWith("__reactContainer"))
      && e[Object.keys(e).find((k) => k.startsWith("__reactContainer"))]).find(Boolean);
    const walk = (fiber, depth) => {
      for (; fiber && depth < 40; fiber = fiber.sibling) {
        const props = fiber.memoizedProps || {};
        if (props.router && props.router.routes) (function down(list, base) {
          for (const route of list || []) { const path = route.path ? base + "/" + route.path : base; add("route:" + path.replace(/\/+/g, "/")); down(route.children, path); }
        })(props.router.routes, "");
        walk(fiber.child, depth + 1);
      }
    };
    if (router) walk(router, 0);
  } catch { /* another version of React */ }
  const found = {};
  const version = (name, get) => { try { const v = get(); if (v && /^\d+\.\d+/.test(String(v))) found[name] = String(v); } catch { /* not there */ } };
  version("jquery", () => window.jQuery.fn.jquery);
  version("jquery-migrate", () => window.jQuery.migrateVersion);
  version("jquery-ui", () => window.jQuery.ui.version);
  version("jquery-validation", () => window.jQuery.validator && window.jQuery.validation.version);
  version("jquery-mobile", () => window.jQuery.mobile.version);
  version("angularjs", () => window.angular.version.full);
  version("angular", () => document.querySelector("[ng-version]").getAttribute("ng-version"));
  version("vue", () => window.Vue.version);
  version("vue", () => [...document.querySelectorAll("*")].map((e) => e.__vue_app__ || (e.__vue__ && e.__vue__.$root.constructor)).find(Boolean).version);
  version("react", () => window.React.version);
  version("react-dom", () => window.ReactDOM.version);
  version("react-router", () => window.__reactRouterVersion);
  version("ember", () => window.Ember.VERSION);
  version("ember", () => window.require("ember/version").default);
  version("preact", () => window.preact.version);
  version("svelte", () => [...window.__svelte.v][0]);
  version("bootstrap", () => window.bootstrap.Tooltip.VERSION || window.jQuery.fn.tooltip.Constructor.VERSION);
  version("lodash", () => window._.VERSION && window._.templateSettings && window._.chunk && window._.VERSION);
  version("underscore", () => window._.VERSION && !window._.chain().lodash && !window._.support && !window._.flowRight && window._.VERSION);
  version("moment", () => window.moment.version);
  version("handlebars", () => window.Handlebars.VERSION);
  version("mustache", () => window.Mustache.version);
  version("dompurify", () => window.DOMPurify.version);
  version("axios", () => window.axios.VERSION);
  version("knockout", () => window.ko.version);
  version("backbone", () => window.Backbone.VERSION);
  version("prototype", () => window.Prototype.Version);
  version("dojo", () => window.dojo.version.toString());
  version("ckeditor", () => window.CKEDITOR.version);
  version("ckeditor5", () => window.CKEDITOR_VERSION);
  version("tinymce", () => window.tinymce.majorVersion + "." + window.tinymce.minorVersion);
  version("mootools", () => window.MooTools.version);
  version("yui", () => (window.YUI && window.YUI.version) || window.YAHOO.VERSION);
  version("extjs", () => window.Ext.version || window.Ext.versions.extjs.version);
  version("highlight.js", () => window.hljs.versionString);
  version("markdown-it", () => window.markdownit.version);
  version("jszip", () => window.JSZip.version);
  version("datatables.net", () => window.DataTable.version || window.jQuery.fn.dataTable.version);
  version("next", () => window.next.version);
  version("chart.js", () => window.Chart.version);
  version("froala-editor", () => window.FroalaEditor.VERSION);
  version("highcharts", () => window.Highcharts.version);
  version("ua-parser-js", () => window.UAParser.VERSION);
  version("mathjax", () => window.MathJax.version);
  version("pdfjs-dist", () => window.pdfjsLib.version);
  version("three", () => window.__THREE__ && "0." + window.__THREE__ + ".0");
  version("alpinejs", () => window.Alpine.version);
  version("echarts", () => window.echarts.version);
  version("d3", () => window.d3.version);
  version("video.js", () => window.videojs.VERSION);
  version("quill", () => window.Quill.version);
  version("htmx", () => window.htmx.version);
  version("plupload", () => window.plupload.VERSION);
  version("protobufjs", () => window.protobuf.build && window.protobuf.version);
  const clickable = [...document.querySelectorAll('button, [role="button"], [role="tab"], [role="menuitem"], [onclick], summary, a:not([href]), a[href^="javascript:"], [data-' + NAME + "]")].filter(visible).length;
  const html = document.documentElement ? document.documentElement.outerHTML : "";
  return {
    url: location.href, title: document.title, links, scripts, routes: [...routes], libraries: found, clickable,
    forms: document.forms.length, inputs: document.querySelectorAll("input, textarea, select").length,
    query: Object.keys(seen.query || {}), storage: Object.keys(seen.storage || {}), messages: seen.messages || [], reads: Object.keys(seen.reads || {}),
    sockets: Object.keys(seen.sockets || {}), html: html.slice(0, 500000),
    templates: !!(window.angular || window.Vue || document.querySelector("[data-v-app]")),
  };
}
