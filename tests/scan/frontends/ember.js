// A wiki in Ember, routes in the fragment. OPEN is set when it is built: the twin writes the same values as text.
const load = (name) => window.require(name);
const { default: Application } = load("@ember/application");
const { default: Router } = load("@ember/routing/router");
const { default: Route } = load("@ember/routing/route");
const { default: Controller } = load("@ember/controller");
const { htmlSafe } = load("@ember/template");
const { compileTemplate } = load("@ember/template-compilation");
const trusted = (text) => (OPEN ? htmlSafe(text) : text);

const Resolver = { create: () => ({ resolve() {} }) }; // everything is registered below
const App = Application.extend({ modulePrefix: "wiki", rootElement: "#app", Resolver }).create();
const Routes = Router.extend({ location: "hash", rootURL: "/" });
Routes.map(function () {
  this.route("pages", { path: "/pages/:slug" });
  this.route("search");
  this.route("archive", { path: "/old/archive" });
});
App.register("router:main", Routes);
const template = (text) => compileTemplate(text, { moduleName: "wiki" });
App.register("template:application", template("<header>Wiki</header>{{outlet}}"));
App.register("template:index", template('<h1>Start</h1><a href="#/pages/welcome">Welcome</a> <a href="#/search?q=tea">Search</a>'));
App.register("template:pages", template("<h1>Page</h1><p>{{@model.text}}</p>"));
App.register("template:search", template("<h1>Search</h1><p>{{this.shown}}</p>"));
App.register("template:archive", template("<h1>Archive</h1><p>{{@model}}</p>"));
App.register("route:pages", Route.extend({ async model({ slug }) { return (await fetch(`/api/pages?slug=${encodeURIComponent(slug)}`)).json(); } }));
App.register("controller:search", Controller.extend({ queryParams: ["q"], q: "", init() { this._super(...arguments); }, get shown() { return trusted(`Found nothing for ${this.q}`); } }));
App.register("route:archive", Route.extend({ model() { return trusted(window.name || "nothing kept"); } }));
