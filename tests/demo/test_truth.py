"""The ground truth fits the shop: places, parameters, lock files, advisories; and the shop does not give it away."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

import hauberk.demo.shop

SHOP = Path(hauberk.demo.shop.__file__).parent
SOURCES = SHOP.parents[2]
TRUTH = json.loads((Path(__file__).parent / "truth.json").read_text(encoding="utf-8"))
HOLES: list[dict[str, Any]] = TRUTH["holes"]
CLEAN: list[dict[str, Any]] = TRUTH["clean"]
NPM = json.loads((SHOP / "front" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
ADVISORIES = [json.loads(line) for line in (SHOP / "advisories.jsonl").read_text(encoding="utf-8").splitlines()]
SERVER_SIDE = {"header", "cookie", None}


def pins() -> dict[str, dict[str, str]]:
    lines = (SHOP / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {
        "npm": {name.removeprefix("node_modules/"): entry["version"] for name, entry in NPM.items() if name},
        "PyPI": dict(line.split("==") for line in lines if not line.startswith("#")),
    }


def handler_of(dotted: str) -> Any:
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)


def names_in(app: Any) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Each operation of the OpenAPI document, with its parameters as (place, name)."""
    document = app.openapi()
    found: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = {(p["in"], p["name"]) for p in operation.get("parameters", ())}
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
                place = "json" if "json" in kind else "upload" if "multipart" in kind else "form"
                names |= {(place, name) for name in schema["properties"]}
            found[method.upper(), path] = names
    return found


def test_there_are_enough_holes_of_enough_kinds() -> None:
    assert len(HOLES) >= 18
    assert len({hole["class"] for hole in HOLES}) >= 15
    assert len({hole["id"] for hole in HOLES}) == len(HOLES)
    assert sum(hole["found_by"] != "later" for hole in HOLES) >= 12


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole["id"])
def test_the_line_is_there_once(hole: dict[str, Any]) -> None:
    lines = (SOURCES / hole["file"]).read_text(encoding="utf-8").splitlines()
    assert sum(hole["line_anchor"] in line for line in lines) == 1


@pytest.mark.parametrize("hole", [h for h in HOLES if h["handler"]], ids=lambda hole: hole["id"])
def test_the_line_is_in_the_handler(hole: dict[str, Any]) -> None:
    source = inspect.getsource(handler_of(hole["handler"]))
    file = SOURCES / hole["file"]
    elsewhere = file.suffix == ".html" or file.name == "pages.py"
    assert elsewhere or hole["line_anchor"] in source


@pytest.mark.parametrize(
    "place", [p for p in HOLES + CLEAN if p.get("path")], ids=lambda p: f"{p['method']} {p['path']}"
)
def test_the_place_can_be_reached(place: dict[str, Any]) -> None:
    operations = names_in(hauberk.demo.shop.create_app())
    if place["path"] == "/docs":
        return
    assert (place["method"], place["path"]) in operations
    if place["in"] not in SERVER_SIDE:
        assert (place["in"], place["parameter"]) in operations[place["method"], place["path"]]


def test_every_injectable_class_has_a_clean_sibling() -> None:
    siblings = {place.get("sibling_of") for place in CLEAN}
    alone = [hole["class"] for hole in HOLES if hole["path"] and hole["found_by"] in {"scan", "later"}]
    covered = {hole["class"] for hole in HOLES if hole["id"] in siblings}
    assert set(alone) - covered <= {"information-leak", "missing-csp", "missing-security-headers"}


def test_no_parameter_is_both_planted_and_clean_of_the_same_class() -> None:
    planted = {(h["method"], h["path"], h["in"], h["parameter"], h["class"]) for h in HOLES}
    clean = {
        (c["method"], c["path"], c["in"], c["parameter"], kind) for c in CLEAN if "path" in c for kind in c["safe_for"]
    }
    assert not planted & clean


def test_the_shop_does_not_give_it_away() -> None:
    for file in SHOP.rglob("*.*"):
        if file.suffix in {".py", ".html", ".js", ".css"}:
            text = file.read_text(encoding="utf-8").replace("It is vulnerable on purpose", "")
            assert not re.search(r"vulnerab|inject|insecure|unsafe|exploit|\bxss\b|truth\.json", text, re.IGNORECASE), (
                file
            )


def test_the_policy_is_short() -> None:
    text = (SHOP.parent / "protected.py").read_text(encoding="utf-8")
    policy = text[text.index("\npolicy") :]
    assert len([line for line in policy.splitlines() if line.strip()]) <= 15


def test_the_lock_file_holds_together() -> None:
    assert "resolved" not in (SHOP / "front" / "package-lock.json").read_text(encoding="utf-8")
    manifest = json.loads((SHOP / "front" / "package.json").read_text(encoding="utf-8"))
    for group in ("dependencies", "devDependencies"):
        assert NPM[""][group] == manifest[group]
    for entry in NPM.values():
        assert all(f"node_modules/{name}" in NPM for name in entry.get("dependencies", {}))


@pytest.mark.parametrize("place", [p for p in HOLES + CLEAN if "package" in p], ids=lambda p: p["package"])
def test_the_advisories_say_what_the_truth_says(place: dict[str, Any]) -> None:
    assert pins()[place["ecosystem"]][place["package"]] == place["version"]
    assert matching(place["ecosystem"], place["package"], place["version"]) == place.get("advisories", [])


def test_every_pin_is_judged() -> None:
    judged = Counter((p["ecosystem"], p["package"]) for p in HOLES + CLEAN if "package" in p)
    assert judged == Counter((ecosystem, name) for ecosystem, group in pins().items() for name in group)


def test_advisories_are_osv_records() -> None:
    for record in ADVISORIES:
        assert set(record) <= {
            "schema_version", "id", "modified", "published", "aliases", "summary", "affected", "severity",
            "database_specific",
        }  # fmt: skip
        assert record["summary"]
        assert record.get("severity") or record.get("database_specific") or record["id"].startswith("PYSEC-")
    assert len({record["id"] for record in ADVISORIES}) == len(ADVISORIES)


def matching(ecosystem: str, name: str, version: str) -> list[str]:
    """The ids that affect a version: OSV's walk along the events, written out for this small set."""
    found = []
    for record in ADVISORIES:
        for affected in record["affected"]:
            package = affected["package"]
            if (package["ecosystem"], package["name"].lower()) == (ecosystem, name) and any(
                inside(one["events"], version) for one in affected["ranges"]
            ):
                found.append(record["id"])
                break
    return sorted(found)


def inside(events: list[dict[str, str]], version: str) -> bool:
    state = False
    for event in events:
        ((kind, bound),) = event.items()
        if kind == "introduced" and (bound == "0" or Version(version) >= Version(bound)):
            state = True
        elif (kind == "fixed" and Version(version) >= Version(bound)) or (
            kind == "last_affected" and Version(version) > Version(bound)
        ):
            state = False
    return state
