"""observatory.json: our own computation gives the points, and the results, of the Observatory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from hauberk.scan import Response
from hauberk.scan.headers import Hop, Visit, observatory
from hauberk.scan.headers.observatory import BONUS_FROM, grade_of
from hauberk.scan.headers.observatory_results import MEANINGS
from hauberk.scan.headers.visit import PREFLIGHT_ORIGIN

HOST = "headers.example"


def visit(profile: dict[str, Any]) -> Visit:
    """The site that was measured: every answer has the same header, and http redirects or not."""
    fields = [("content-type", "text/html; charset=utf-8")]
    for name, value in profile["headers"].items():
        for one in value if isinstance(value, list) else [value]:
            fields.append((name.lower(), one.replace("{nonce}", "cmFuZG9tLW5vbmNl")))
    page = Response(status=200, headers=tuple(fields), body=profile["html"].encode())
    chain = [Hop(url=f"http://{HOST}/", status=200)]
    if profile["http_redirects_to_https"]:
        chain = [Hop(url=f"http://{HOST}/", status=301), Hop(url=f"https://{HOST}/", status=200)]
    return Visit(
        host=HOST,
        https=page,
        http=tuple(chain),
        http_answer=page,
        set_cookies=page.all("set-cookie"),
        preflight=page,
    )


def check_profile(profile: dict[str, Any], algorithm: int) -> None:
    card = observatory(visit(profile), algorithm=algorithm)
    wanted = profile[f"v{algorithm}"]
    assert {judged.test: judged.result for judged in card.tests} == wanted["results"]
    assert (card.score, card.grade) == (wanted["score"], wanted["grade"])


def check_rule(rule: dict[str, Any]) -> None:
    meaning = MEANINGS[rule["result"]]
    for algorithm in (4, 6):
        points = rule[f"modifier_v{algorithm}"]
        assert points is None or meaning.in_version(algorithm) == points, f"version {algorithm}"


def check_grades(grades: dict[str, int], bonus_rule: str) -> None:
    for score in range(171):
        assert grade_of(score) == max((g for g in grades if grades[g] <= score - score % 5), key=grades.__getitem__)
    assert int(re.findall(r"at least (\d+)", bonus_rule)[0]) == BONUS_FROM


def check_requests(requests: list[str]) -> None:
    assert any(PREFLIGHT_ORIGIN in line for line in requests)


def cases(path: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    for rule in data["rules"]:
        yield f"rule {rule['result']}", partial(check_rule, rule)
    for profile in data["profiles"]:
        for algorithm in (4, 6):
            yield f"{profile['name']} v{algorithm}", partial(check_profile, profile, algorithm)
    yield "grades", partial(check_grades, data["scoring"]["grades"], data["scoring"]["bonus_rule"])
    yield "requests", partial(check_requests, data["scoring"]["requests"])


FILES = {"headers/observatory.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
