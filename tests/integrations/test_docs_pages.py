"""FastAPI's documentation works under the recommended policy, and nothing else runs on it."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.testclient import TestClient

from hauberk import CSP, Policy, protect
from hauberk.demo.loopback import served
from hauberk.integrations.protect.docs_pages import policy_for

STUB = """
window.SwaggerUIBundle = Object.assign(
  options => { document.title = 'ran ' + options.url },
  { presets: { apis: 1 }, SwaggerUIStandalonePreset: 1 });
if (document.querySelector('redoc')) document.title = 'ran redoc';
"""


def app() -> FastAPI:
    made = FastAPI()

    @made.get("/page")
    def page() -> HTMLResponse:
        return HTMLResponse("<script>1</script>")

    return protect(made)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_the_policy_names_the_pages_own_scripts_and_no_others(path: str) -> None:
    answer = TestClient(app()).get(path)
    policy = answer.headers["content-security-policy"]
    scripts = policy.partition("script-src ")[2].partition(";")[0].split()
    for text in re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in scripts
    assert not {"'unsafe-inline'", "'unsafe-eval'", "https:", "*", "https://cdn.jsdelivr.net"} & set(scripts)
    assert answer.headers["x-content-type-options"] == "nosniff", "everything else is as everywhere"
    assert len(answer.headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize("plugin", ["Scalar", "Swagger", "Redoc", "Stoplight", "Rapidoc"])
def test_litestar(plugin: str) -> None:
    import litestar
    from litestar.openapi import OpenAPIConfig, plugins
    from litestar.testing import TestClient as Client

    @litestar.get("/page", media_type="text/html", sync_to_thread=False)
    def page() -> str:
        return "<script>1</script>"

    made = getattr(plugins, f"{plugin}RenderPlugin")()
    config = OpenAPIConfig(title="x", version="1", render_plugins=[made])
    protected = protect(litestar.Litestar([page], openapi_config=config, logging_config=None))
    with Client(protected) as client:
        for path in ("/schema", f"/schema{made.paths[0]}", f"/schema{made.paths[0]}/"):
            answer = client.get(path)
            policy = answer.headers["content-security-policy"]
            scripts = policy.partition("script-src ")[2].partition(";")[0].split()
            for address in re.findall(r'<script src="(.*?)"', answer.text):
                assert address in scripts
            for text in re.findall(r"<script(?: type='text/javascript')?>(.+?)</script>", answer.text, re.DOTALL):
                digest = b64encode(sha256(text.encode()).digest()).decode()
                assert f"'sha256-{digest}'" in scripts
            assert not {"'unsafe-inline'", "'unsafe-eval'", "https:", "*", "https://cdn.jsdelivr.net"} & set(scripts)
        for path in ("/page", "/schema/openapi.json", "/schema/missing"):
            assert "sha256" not in client.get(path).headers["content-security-policy"]


def test_a_learning_policy_does_not_hear_of_them() -> None:
    learning = protect(FastAPI(), Policy.recommended().replace(csp_report_only=CSP.learn()))
    headers = TestClient(learning).get("/docs").headers
    assert headers["content-security-policy"] == headers["content-security-policy-report-only"]
    assert "report-uri" not in headers["content-security-policy-report-only"]


def test_other_pages_keep_the_policy() -> None:
    assert "sha256" not in TestClient(app()).get("/page").headers["content-security-policy"]


def test_without_a_policy_there_is_none() -> None:
    bare = protect(FastAPI(), Policy.recommended().replace(csp=None))
    assert "content-security-policy" not in TestClient(bare).get("/docs").headers


@pytest.mark.parametrize(
    ("html", "sources"),
    [
        ("<script src='/own.js'></script>", ["'self'"]),
        ("<script src='//cdn.example/a.js'></script>", ["'self'", "https://cdn.example/a.js"]),
        ("<script src='https://cdn.example/a;b.js'></script>", ["'self'", "https://cdn.example"]),
        ("<p>no script</p>", ["'self'"]),
        ("<script src=", ["'self'"]),
    ],
)
def test_sources(html: str, sources: list[str]) -> None:
    assert list(policy_for(html).script_src or ()) == sources


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("path", "title"), [("/docs", "ran /openapi.json"), ("/redoc", "ran redoc")])
def test_the_page_runs_in_a_browser(browser: Any, path: str, title: str) -> None:
    with served(app()) as base:
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        for host in ("cdn.jsdelivr.net", "fonts.googleapis.com", "fastapi.tiangolo.com"):
            kind = "text/javascript" if host.startswith("cdn") else "text/css"
            page.route(
                f"https://{host}/**",
                lambda route, kind=kind: route.fulfill(
                    content_type="text/css" if route.request.url.endswith(".css") else kind,
                    headers={"cross-origin-resource-policy": "cross-origin"},
                    body=STUB if route.request.url.endswith(".js") else "",
                ),
            )
        page.goto(base + path, wait_until="load")
        assert page.title() == title
        assert complaints == []
        page.evaluate(
            "() => { const s = document.createElement('script');"
            " s.textContent = 'document.title = \"injected\"'; document.body.append(s) }"
        )
        assert page.title() == title, "an injected script does not run there either"
        page.close()
