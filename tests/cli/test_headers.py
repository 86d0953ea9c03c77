"""`hauberk headers`: the grade, every field in words, what to change, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run

APP = """
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route
import hauberk

PAGE = '<!doctype html><title>x</title><script src="/a.js" integrity="sha384-x"></script>'


async def bare(request):
    answer = HTMLResponse(PAGE, headers={"x-powered-by": "Acme/1.2", "age": "90", "x-acme": "\\x1b[31mred"})
    answer.set_cookie("session", "0123456789abcdef")
    return answer


async def careful(request):
    if request.url.scheme == "http":
        return HTMLResponse("", 308, {"location": "https://testserver" + request.url.path})
    answer = HTMLResponse(PAGE)
    answer.set_cookie("session", "0123456789abcdef")
    return answer


open_app = Starlette(routes=[Route("/", bare), Route("/home", bare)])
clean = hauberk.protect(Starlette(routes=[Route("/", careful)]), hauberk.Policy.recommended().replace(csrf=None))
deep = Starlette(routes=[Route("/deep/page", bare)])
empty = Starlette()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


def test_a_page_that_needs_work(hauberk: Run, project: Path) -> None:
    done = hauberk("headers", "main:open_app")
    assert done.returncode == 1
    for text in (
        "  F  ",
        "MDN HTTP Observatory, version 6",
        "content-security-policy           -25",
        "subresource-integrity              +5",
        "A cache has had this copy for 1.5 minutes.",
        "It tells everybody which software answers, and which version.",
        "(no HttpOnly)",
        "What to change",
        "hauberk: csp=CSP()",
        "What would add points",
        "\\x1b[31mred",
    ):
        assert text in done.stdout, text
    assert "\x1b" not in done.stdout
    assert "0123456789abcdef" not in done.stdout


def test_a_page_that_is_as_it_should_be(hauberk: Run, project: Path) -> None:
    done = hauberk("headers", "main:clean")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "A+" in done.stdout
    assert "There is nothing to mend." in done.stdout


def test_json(hauberk: Run, project: Path) -> None:
    done = hauberk("headers", "main:clean", "--format", "json", "--quiet")
    document: dict[str, Any] = json.loads(done.stdout)
    assert (document["command"], document["complete"], done.stderr) == ("headers", True, "")
    assert document["stats"]["score"] >= 150
    assert document["stats"]["grade"] == "A+"
    (page,) = document["stats"]["pages"]
    assert page["tests"]["redirection"]["result"] == "redirection-to-https"
    assert len(page["tests"]) == 12
    assert {"set-cookie", "content-security-policy"} <= {field["name"] for field in page["headers"]}
    assert {f["outcome"] for f in document["findings"]} <= {"pass", "not-applicable"}
    assert all(f["cwe"] and f["asvs"] and f["top10"] for f in document["findings"])
    assert document["findings"][0]["location"] == {"method": "GET", "path": "/", "file": "main.py", "line": 16}


def test_several_formats_and_paths(hauberk: Run, project: Path) -> None:
    formats = [f"--format={name}={name}.out" for name in ("json", "sarif", "html", "junit", "markdown", "text")]
    done = hauberk("headers", "main:open_app", "--path", "/", "--path", "/home", *formats)
    assert done.returncode == 1
    assert done.stdout == ""
    document = json.loads((project / "json.out").read_text())
    assert [page["path"] for page in document["stats"]["pages"]] == ["/", "/home"]
    assert all((project / f"{name}.out").stat().st_size for name in ("sarif", "html", "junit", "markdown", "text"))
    again = hauberk("report", "json.out", "--format", "json", "--fail-on", "critical")
    assert again.returncode == 0
    assert json.loads(again.stdout)["findings"] == document["findings"]


def test_version_4(hauberk: Run, project: Path) -> None:
    done = hauberk("headers", "main:clean", "--algorithm", "4", "--format", "json")
    document = json.loads(done.stdout)
    assert (document["stats"]["algorithm"], len(document["stats"]["pages"][0]["tests"])) == (4, 10)
    assert document["stats"]["score"] >= 140


def test_an_application_without_a_front_page(hauberk: Run, project: Path) -> None:
    assert "GET /deep/page" in hauberk("headers", "main:deep").stdout


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (["main:empty"], 3, "there is no page to grade: / answered 404"),
        (["main:open_app", "--path", "/nowhere"], 3, "/nowhere answered 404"),
        (["main:open_app", "--path", "/", "--path", "/nowhere"], 2, ""),
        (["main:open_app", "--path", "home"], 2, "is not a path of the application"),
        (["https://shop.example/"], 2, "shop.example is not this machine, and nothing proves that it is yours"),
        (["https://127.0.0.1/", "--ca", "missing.pem"], 2, "missing.pem"),
        (["http://127.0.0.1:9/"], 3, "/ gave no answer"),
        (["main:missing"], 2, "has no 'missing'"),
        (["main:open_app", "--algorithm", "5"], 2, "'5' is not one of"),
    ],
)
def test_what_cannot_be_graded(hauberk: Run, project: Path, args: list[str], status: int, message: str) -> None:
    done = hauberk("headers", *args, "--quiet")
    assert done.returncode == status, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_fail_on_and_baseline(hauberk: Run, project: Path) -> None:
    assert hauberk("headers", "main:open_app", "--fail-on", "critical").returncode == 0
    hauberk("headers", "main:open_app", "--format", "json=known.json")
    done = hauberk("headers", "main:open_app", "--baseline", "known.json")
    assert done.returncode == 0
    assert "There is nothing to mend." in done.stdout
    assert "known.json has already are not shown" in done.stdout


def test_its_rules_are_explained(hauberk: Run, project: Path) -> None:
    assert "Content-Security-Policy" in hauberk("explain", "headers.content-security-policy").stdout
