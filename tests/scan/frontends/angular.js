// A portal in Angular, history routes. OPEN is set when it is built: the twin leaves Angular's own sanitizer on.
import "@angular/compiler";
import { Component, inject, provideZonelessChangeDetection, signal } from "@angular/core";
import { bootstrapApplication, DomSanitizer } from "@angular/platform-browser";
import { ActivatedRoute, provideRouter, RouterLink, RouterOutlet } from "@angular/router";

const raw = (text) => (OPEN ? inject(DomSanitizer).bypassSecurityTrustHtml(text) : text);
const Home = Component({
  selector: "app-home", imports: [RouterLink],
  template: `<h1>Portal</h1><a routerLink="/people" [queryParams]="{ name: 'ada' }">People</a>
    <button (click)="load()">Load news</button><p>{{ news() }}</p>`,
})(class { news = signal(""); async load() { this.news.set((await (await fetch("/api/news?page=1")).json()).title); } });
const People = Component({
  selector: "app-people", template: `<h1>People</h1><p [innerHTML]="html"></p>`,
})(class { html = raw("<b>" + (inject(ActivatedRoute).snapshot.queryParamMap.get("name") || "") + "</b>"); });
const Report = Component({
  selector: "app-report", template: `<h1>Report</h1><p [innerHTML]="html"></p>`,
})(class { html = raw(inject(ActivatedRoute).snapshot.paramMap.get("title") || ""); });
const Lost = Component({ selector: "app-lost", template: "<h1>There is no such page</h1>" })(class {});
const Root = Component({ selector: "app-root", imports: [RouterOutlet], template: "<router-outlet />" })(class {});
bootstrapApplication(Root, { providers: [provideZonelessChangeDetection(), provideRouter([
  { path: "", component: Home }, { path: "people", component: People },
  { path: "internal/report/:title", component: Report }, { path: "**", component: Lost },
])] });
