"""cors.json and cors_config.json: another library's policy in our words, judged as browsers judge (Fetch)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.cors import CORS
from hauberk.wire.origin import Origin
from tests.drivers import Answer, Got, Pairs, Serve, serve_asgi, serve_wsgi

NULL_BY_NAME = "the origin null is refused when built, with or without credentials: every sandboxed frame has it"
SAFE_METHODS = {"GET", "HEAD", "POST"}
WORD = re.compile(r"insecure_\w+(?==True)")
PROPOSED = re.compile(r"write '([^']+://[^']+)'")


def options(policy: dict[str, Any], *, regex: bool = True) -> dict[str, Any]:
    """The keywords of `CORS` that say the same; without `regex`, expressions are written as if they were patterns."""
    given = dict(policy)
    made = origins(given.pop("origins", []), regex=regex)
    for theirs, ours in {"methods": "methods", "allow_headers": "headers", "expose_headers": "expose"}.items():
        if (value := given.pop(theirs, None)) is not None:
            made[ours] = names(value)
    made |= {name: given.pop(name) for name in ("credentials", "max_age", "private_network") if name in given}
    assert not given, f"no translation for {given}"
    return made


def names(value: Any) -> tuple[str, ...]:
    if value is True:  # "whatever is asked for": of a wildcard, Authorization has to be said
        return ("*", "Authorization")
    return tuple(name.strip() for name in (value.split(",") if isinstance(value, str) else value))


def origins(value: Any, *, regex: bool) -> dict[str, Any]:
    """`true` and callables are `decide`, and so are regular expressions, which are to match the whole."""
    items = value if isinstance(value, list) else [] if value is False else [value]
    tests: list[Callable[[Origin], bool]] = []
    listed: list[str] = []
    made: dict[str, Any] = {}
    for item in items:
        if item == "*":
            made["insecure_allow_any_origin"] = True
        elif item is True:
            tests.append(lambda origin: True)
        elif isinstance(item, dict) and "$regex" in item and not regex:
            listed.append(item["$regex"])
        elif isinstance(item, dict) and "$regex" in item:
            tests.append(partial(matches, re.compile(item["$regex"])))
        elif isinstance(item, dict) and "$equals" in item:
            tests.append(partial(equals, item["$equals"]))
        else:
            listed.append(item)
    if tests:
        made["decide"] = lambda origin: any(test(origin) for test in tests)
    return made | {"origins": tuple(listed)}


def matches(pattern: re.Pattern[str], origin: Origin) -> bool:
    return pattern.fullmatch(str(origin)) is not None


def equals(text: str, origin: Origin) -> bool:
    return str(origin) == text


def build(policy: dict[str, Any]) -> CORS:
    """As it stands, or as the refusal tells to write it."""
    given = options(policy)
    try:
        return CORS(**given)
    except ConfigurationError as error:
        asked: set[str] = {word for one in error.all for word in WORD.findall(one.fix)}
        better = {
            one.value: found[1]
            for one in error.all
            if (found := PROPOSED.search(one.fix)) and found[1] != "https://..."
        }
        if not (asked or better) or "insecure_allow_any_origin" in asked:
            raise
        origins = tuple(better.get(text, text) for text in given["origins"])
        return CORS(**(given | dict.fromkeys(asked, True) | {"origins": origins}))


def refusal(given: dict[str, Any]) -> str:
    """What the error says; there must be one."""
    try:
        CORS(**given)
    except ConfigurationError as error:
        return str(error)
    raise AssertionError(f"{given} was not refused")


@dataclass
class Served:
    got: Got
    ran: bool


def serve(driver: Serve, plan: Plan, request: dict[str, Any]) -> Served:
    ran = False

    def app(ex: Exchange) -> Answer:
        nonlocal ran
        ran = True
        if request.get("app_raises"):
            raise RuntimeError("the application fails")
        return Answer(request.get("app_status", 200), pairs(request.get("app_headers", {})))

    fields = pairs(request["headers"])
    if driver is serve_wsgi:  # as WSGI servers do with a field that comes twice
        fields = [(name, ",".join(v for n, v in fields if n == name)) for name in dict(fields)]
    got = driver(plan, app, method=request["method"], headers=fields)
    return Served(got, ran)


def pairs(fields: dict[str, Any]) -> Pairs:
    return [(name, v) for name, value in fields.items() for v in (value if isinstance(value, list) else [value])]


def listed(got: Got, name: str) -> list[str]:
    return [item.strip().lower() for value in got.all(name) for item in value.split(",") if item.strip()]


def readable(got: Got, request: dict[str, Any], *, credentials: bool) -> bool:
    """The CORS check, and for a preflight the rules of its fetch (Fetch, sections 4.9 and 4.8)."""
    headers = request["headers"]
    allowed = got.one("access-control-allow-origin")
    if credentials:
        if allowed != headers["origin"] or got.one("access-control-allow-credentials") != "true":
            return False
    elif allowed not in {"*", headers["origin"]}:
        return False
    method = headers.get("access-control-request-method")
    if request["method"] != "OPTIONS" or method is None:
        return True
    methods = [item.strip() for item in (got.one("access-control-allow-methods") or "").split(",")]
    fields = listed(got, "access-control-allow-headers")
    asked = [n.strip().lower() for n in headers.get("access-control-request-headers", "").split(",") if n.strip()]
    starred = not credentials and "*" in fields
    return (
        200 <= got.status <= 299
        and (method in SAFE_METHODS or method in methods or (not credentials and "*" in methods))
        and all(name in fields or (starred and name != "authorization") for name in asked)
        and (
            headers.get("access-control-request-private-network") != "true"
            or got.one("access-control-allow-private-network") == "true"
        )
    )


def judge(case: dict[str, Any], served: Served) -> None:
    got, want, request = served.got, dict(case["recommended"]), case["request"]
    expected = want.pop("readable_by_origin", None)
    if expected is not None:
        credentials = bool(case["policy"].get("credentials")) or "cookie" in request["headers"]
        assert readable(got, request, credentials=credentials) is expected, f"readable: {got}"
    for name, value in want.pop("headers", {}).items():
        assert got.one(name) == value, f"{name}: {got}"
    for name in want.pop("headers_absent", []):
        assert got.all(name) == [], f"{name}: {got}"
    vary = listed(got, "vary")
    if "vary" in want:
        assert "*" in vary or {name.lower() for name in want.pop("vary")} <= set(vary), f"Vary: {vary}"
    if "vary_exact" in want:
        exact = want.pop("vary_exact")
        exact = exact.split(",") if isinstance(exact, str) else exact or []
        assert sorted(vary) == sorted(name.strip().lower() for name in exact), f"Vary: {vary}"
    for key, name in {"methods": "methods", "allow_headers": "headers", "expose": "expose"}.items():
        field = "access-control-expose-headers" if name == "expose" else f"access-control-allow-{name}"
        seen = set(listed(got, field))
        assert {item.lower() for item in want.pop(key + "_contain", [])} <= seen, f"{field}: {seen}"
        assert not {item.lower() for item in want.pop(key + "_exclude", [])} & seen, f"{field}: {seen}"
    if "status_in" in want:
        assert got.status in want.pop("status_in")
    if "handler_ran" in want:
        assert served.ran is want.pop("handler_ran")
    assert not want, f"not judged: {want}"


def check(case: dict[str, Any]) -> None:
    policy, want = case["policy"], case["recommended"]
    if want.get("configuration_refused") or want.get("configuration_warned_or_refused"):
        refusal(options(policy, regex=False))
        return
    if policy.get("origins") in (False, []):  # nobody is allowed: in our words `cors=None`, and nothing else
        assert "cors=None" in refusal(options(policy))
        plan = Plan()
    else:
        if "null" in options(policy)["origins"]:
            refusal(options(policy))
            pytest.skip(NULL_BY_NAME)
        plan = Plan.of([build(policy)])
    for driver in (serve_asgi, serve_wsgi):
        judge(case, serve(driver, plan, case["request"]))


def cases(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        yield case["id"], partial(check, case)


def check_pattern(case: dict[str, Any]) -> None:
    pattern = case["pattern"]
    if not case["valid"]:
        refusal({"origins": (pattern,)})
        return
    cors = CORS(origins=(pattern,))
    one = pattern.replace("://*.", "://a.b.").replace(":*", ":8081")
    assert cors.allows(one)
    assert not cors.allows(one + ".stranger.example")
    assert not cors.allows(one.replace("://", "://stranger.")) if "*." not in pattern else True
    assert not cors.allows(one.replace("://a.b.", "://")) if "*." in pattern else True


def check_configuration(case: dict[str, Any]) -> None:
    if case["expect"] == "accepted":
        CORS(**options(case["config"]))
        return
    assert case["expect"] == "refused"
    refusal(options(case["config"]))


def configurations(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    for case in data["origin_patterns"]:
        yield case["pattern"], partial(check_pattern, case)
    for case in data["configurations"]:
        yield json.dumps(case["config"]), partial(check_configuration, case)


FILES = {"headers/cors.json": cases, "headers/cors_config.json": configurations}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
