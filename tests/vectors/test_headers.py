"""helmet.json: what another library's options are in ours, and that the headers come out the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hauberk import (
    COEP,
    COOP,
    CORP,
    CSP,
    HSTS,
    NONCE,
    ConfigurationError,
    CrossDomainPolicies,
    DNSPrefetchControl,
    FrameOptions,
    Policy,
    ReferrerPolicy,
)
from tests.drivers import Answer, Got, serve_asgi, serve_wsgi

FIELD = {
    "contentSecurityPolicy": "csp",
    "crossOriginEmbedderPolicy": "coep",
    "crossOriginOpenerPolicy": "coop",
    "crossOriginResourcePolicy": "corp",
    "originAgentCluster": "origin_agent_cluster",
    "referrerPolicy": "referrer_policy",
    "strictTransportSecurity": "hsts",
    "xContentTypeOptions": "content_type_options",
    "xDnsPrefetchControl": "dns_prefetch_control",
    "xDownloadOptions": "download_options",
    "xFrameOptions": "frame_options",
    "xPermittedCrossDomainPolicies": "cross_domain_policies",
    "xPoweredBy": "fingerprint",
    "xXssProtection": "xss_protection",
}
LEGACY = {
    "hsts": "strictTransportSecurity",
    "dnsPrefetchControl": "xDnsPrefetchControl",
    "hidePoweredBy": "xPoweredBy",
    "ieNoOpen": "xDownloadOptions",
    "permittedCrossDomainPolicies": "xPermittedCrossDomainPolicies",
    "noSniff": "xContentTypeOptions",
    "frameguard": "xFrameOptions",
    "xssFilter": "xXssProtection",
}


class Refused(Exception):
    """The options cannot even be written in our types: a keyword that is no field, a value that is no such type."""


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda m: "_" + m.group().lower(), name).replace("-", "_")


def build(options: dict[str, Any] | None) -> Policy:
    policy = Policy.helmet()
    given = options or {}
    if any(LEGACY.get(name) in given for name in given):
        raise Refused("a keyword given twice is a SyntaxError")
    changes: dict[str, Any] = {}
    for name, value in given.items():
        field = FIELD.get(LEGACY.get(name, name))
        if field is None:
            raise ConfigurationError(f"Policy.{name}", value, "is not a field")
        if value is True or value == {"$undefined": True}:
            changes[field] = COEP() if field == "coep" else getattr(policy, field)
        elif value is False or value is None:
            changes[field] = None
        elif field == "csp":
            changes |= content_security_policy(value)
        else:
            changes[field] = feature(field, value, getattr(policy, field))
    return policy.replace(**changes)


def only(options: dict[str, Any], *known: str) -> None:
    unknown = set(options) - set(known)
    if unknown:
        raise Refused(f"{unknown} is an unexpected keyword: a TypeError")


def feature(field: str, options: dict[str, Any], default: Any) -> Any:
    if field == "hsts":
        only(options, "maxAge", "includeSubDomains", "preload")
        age = options.get("maxAge", 31536000)
        if isinstance(age, float):
            age = int(age)
        return HSTS(
            max_age=age,
            include_subdomains=options.get("includeSubDomains", True),
            preload=options.get("preload", False),
        )
    if field == "frame_options":
        action: Any = options.get("action", "SAMEORIGIN")
        words = {"deny": "DENY", "sameorigin": "SAMEORIGIN", "same-origin": "SAMEORIGIN"}
        if isinstance(action, str):
            action = words.get(action.lower(), action)
        return FrameOptions(action=action)
    if field == "referrer_policy":
        policy: Any = options.get("policy", "no-referrer")
        if isinstance(policy, dict) and "$set" in policy:
            policy = policy["$set"]
        if isinstance(policy, str):
            policy = (policy,)
        return ReferrerPolicy(policy=policy)
    if field == "dns_prefetch_control":
        return DNSPrefetchControl(allow=options.get("allow", False))
    if field == "cross_domain_policies":
        return CrossDomainPolicies(policy=options.get("permittedPolicies", "none"))
    if field in {"coep", "coop", "corp"}:
        kinds: dict[str, Any] = {"coep": COEP, "coop": COOP, "corp": CORP}
        return kinds[field](policy=options["policy"]) if "policy" in options else kinds[field]()
    return default  # it takes no options: there is nothing to pass on, and a keyword would be a TypeError


def content_security_policy(options: dict[str, Any]) -> dict[str, Any]:
    directives = options.get("directives") or {}
    defaults = CSP.helmet().directives(nonced=True) if options.get("useDefaults", True) else {}
    given: dict[str, Any] = {snake(name): sources for name, sources in defaults.items()}
    names = [snake(name) for name in directives]
    if len(set(names)) < len(names):
        raise Refused("a keyword given twice is a SyntaxError")
    for name, value in directives.items():
        given[snake(name)] = sources_of(snake(name), value)
    if given.get("upgrade_insecure_requests") == ():
        given["upgrade_insecure_requests"] = True
    if given.get("upgrade_insecure_requests", False) is None:
        del given["upgrade_insecure_requests"]
    policy = CSP.of(**given)
    return {"csp_report_only": policy, "csp": None} if options.get("reportOnly") else {"csp": policy}


def sources_of(name: str, value: Any) -> Any:
    if value == {"$disable_default_src": True}:
        if name != "default_src":
            raise Refused("only default-src can be left out on purpose; leave the field out")
        return None
    if isinstance(value, dict) and "$set" in value:
        value = value["$set"]
    if isinstance(value, str):
        return tuple(value.split())
    if value is None:
        return None
    if not isinstance(value, list):
        return value
    return tuple(source(item) for item in value)


def source(item: Any) -> Any:
    if isinstance(item, dict):
        made = item.get("$call")
        if isinstance(made, str) and re.fullmatch(r"'nonce-[^']+'", made):
            return NONCE
        pytest.skip(
            "sources computed per request are not offered: the nonce is ours, routes have policies of their own"
        )
    return item


def policy_of(text: str | None) -> dict[str, tuple[str, ...]] | None:
    """A policy as a map: the order of directives means nothing."""
    if text is None:
        return None
    return {part.split()[0]: tuple(part.split()[1:]) for part in text.split(";") if part.split()}


def answer(policy: Policy) -> list[Got]:
    def app(ex: Any) -> Answer:
        ex.read_nonce()
        return Answer(headers=[("content-type", "text/html"), ("x-powered-by", "UpstreamApp")])

    return [drive(policy.plan(), app) for drive in (serve_asgi, serve_wsgi)]


def check(case: dict[str, Any], defaults: dict[str, str], removed: list[str]) -> None:
    expect = case["expect"]
    note = case.get("note", "")
    refusable = "better library refuses" in note or "better library should" in note
    try:
        policy = build(case["options"])
    except (ConfigurationError, Refused):
        assert expect.get("refused_at") == "configuration" or refusable, "refused, but the peer takes it"
        return
    assert expect.get("refused_at") is None, f"accepted, but refused at {expect.get('refused_at')} by the peer"
    wanted: dict[str, str | None] = defaults | dict.fromkeys(removed) | expect["changed_from_defaults"]
    for got in answer(policy):
        for name, value in wanted.items():
            seen = got.one(name)
            if name.startswith("content-security-policy"):
                if seen and value:
                    nonces = re.findall(r"'nonce-[^']+'", value)
                    seen = re.sub(r"'nonce-[^']+'", nonces[0], seen) if nonces else seen
                assert policy_of(seen) == policy_of(value), name
            else:
                assert seen == value, name


def helmet(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    for case in data["cases"]:
        yield case["id"], partial(check, case, data["defaults"], data["removed_by_default"])


FILES = {"headers/helmet.json": helmet}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])


def test_helmet_profile_is_byte_compatible(request: pytest.FixtureRequest) -> None:
    path = Path(request.config.getoption("--vectors")) / "headers" / "helmet.json"
    if not path.exists():
        pytest.skip("helmet.json is not among the vectors given")
    defaults = json.loads(path.read_text(encoding="utf-8"))["defaults"]
    for got in (serve_asgi(Policy.helmet().plan()), serve_wsgi(Policy.helmet().plan())):
        assert {name: got.one(name) for name in defaults} == defaults
