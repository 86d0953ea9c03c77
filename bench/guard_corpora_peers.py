"""What peers say of the same facts: run by `bench.guard_corpora` in an interpreter that has them, and nothing of ours.

Each peer is asked as its own code asks itself: Zen's detectors; libddwaf with the rules that ddtrace brings, given the
statement and the parameter; libinjection, which sees the parameter alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Fact = dict[str, Any]
Judge = Callable[[Fact], bool]


def facts(path: Path) -> Iterator[Fact]:
    """The facts of one file; none where it is not there."""
    if path.exists():
        with path.open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in lines if line.strip())


def group(fact: Fact) -> str:
    """The row of the table that a fact counts in."""
    if fact.get("cls") == "coincidence":
        return "coincidence"
    expected = str(fact["expected"])
    if expected == "attack" and "compiles" in fact:
        return "attack that runs" if fact["compiles"] else "attack that fails anyway"
    if expected == "safe" and "compiles" in fact:
        return "benign, escaped" if fact["cls"] == "benign-escaped" else "attack text, inside"
    return expected


def zen() -> dict[str, Judge]:
    """Aikido's Zen, its detectors called as its sinks call them."""
    import socket
    from types import SimpleNamespace

    from aikido_zen.helpers.net.is_private_ip import is_private_ip
    from aikido_zen.vulnerabilities.nosql_injection import detect_nosql_injection
    from aikido_zen.vulnerabilities.path_traversal.detect_path_traversal import detect_path_traversal
    from aikido_zen.vulnerabilities.shell_injection.detect_shell_injection import detect_shell_injection
    from aikido_zen.vulnerabilities.sql_injection import detect_sql_injection
    from aikido_zen.vulnerabilities.ssrf.find_hostname_in_userinput import find_hostname_in_userinput

    def nosql(fact: Fact) -> bool:
        names = ("body", "query", "headers", "cookies")
        request = SimpleNamespace(**{name: fact["request"].get(name, {}) for name in names})
        return bool(detect_nosql_injection(request, fact["filter"]))

    def host(fact: Fact) -> bool:
        """It judges what the resolver makes of a host."""
        bare = fact["host"].strip("[]")
        try:
            infos = socket.getaddrinfo(bare, None, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return bool(is_private_ip(bare))
        return any(is_private_ip(info[4][0]) for info in infos)

    return {
        "ssrf_hosts": host,
        "sql": lambda fact: detect_sql_injection(fact["sql"], fact["input"], (fact.get("dialects") or ["sqlite"])[0]),
        "shell": lambda fact: bool(detect_shell_injection(fact["command"], fact["input"])),
        "path": lambda fact: bool(detect_path_traversal(fact["path"], fact["input"])),
        "ssrf_match_zen": lambda fact: find_hostname_in_userinput(fact["input"], [fact["hostname"]], fact["port"]),
        "nosql_zen": nosql,
    }


def libddwaf() -> dict[str, Judge]:
    """Datadog's engine, with the rules of the package, one context for each fact."""
    import ddtrace.appsec
    from ddtrace.appsec._ddwaf.waf import DDWaf

    rules = Path(ddtrace.appsec.__file__).with_name("rules.json").read_bytes()
    waf = DDWaf(rules, b"", b"")

    def ask(value: str, resource: dict[str, Any], rule: str) -> bool:
        context = waf._at_request_start()
        data = {"server.request.query": {"v": [value]}, **resource}
        found = waf.run(context, data, 1_000_000)
        return any(event["rule"]["id"].startswith(rule) for event in found.data)

    def sql(fact: Fact) -> bool:
        dialect = (fact.get("dialects") or ["sqlite"])[0]
        return ask(fact["input"], {"server.db.statement": fact["sql"], "server.db.system": dialect}, "rasp-942")

    return {
        "sql": sql,
        "shell": lambda fact: ask(fact["input"], {"server.sys.shell.cmd": fact["command"]}, "rasp-932"),
        "path": lambda fact: ask(fact["input"], {"server.io.fs.file": fact["path"]}, "rasp-930"),
    }


def libinjection() -> dict[str, Judge]:
    """The parameter alone: it knows no statement."""
    import libinjection as peer

    def sql(fact: Fact) -> bool:
        verdict = peer.is_sql_injection(fact["input"].encode("utf-8", "replace").decode("utf-8"))
        return bool(verdict["is_sqli"] if isinstance(verdict, dict) else verdict)

    return {"sql": sql}


PEERS: dict[str, Callable[[], dict[str, Judge]]] = {"zen": zen, "libddwaf": libddwaf, "libinjection": libinjection}


def main(folder: Path) -> None:
    rows: dict[str, Any] = {}
    for peer, load in PEERS.items():
        try:
            judges = load()
        except (ImportError, OSError) as error:
            rows[peer] = f"not asked: {error}"
            continue
        found: dict[str, dict[str, list[int]]] = {}
        for name, judge in judges.items():
            for fact in facts(folder / "guard" / f"{name}.jsonl"):
                row = found.setdefault(name, {}).setdefault(group(fact), [0, 0])
                row[0] += judge(fact)
                row[1] += 1
        rows[peer] = found
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
