"""The MDN HTTP Observatory's algorithm, version 6 and the older version 4, computed here.

    card = observatory(visit)
    card.score, card.grade          # 150, "A+"

Pure: a `Visit` is all it looks at. It is a measure that many know, not the whole truth: `hauberk scan` has checks of
its own, which are stricter in places where this one counts a broken header as a good one.
"""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.core.errors import ConfigurationError
from hauberk.scan.headers import observatory_fields as fields
from hauberk.scan.headers.observatory_cookies import cookies
from hauberk.scan.headers.observatory_csp import content_security_policy
from hauberk.scan.headers.observatory_results import MEANINGS, Meaning
from hauberk.scan.headers.observatory_scripts import subresource_integrity
from hauberk.scan.headers.visit import Visit

ALGORITHMS = (4, 6)
BONUS_FROM = 90
"""What is more than asked for counts only where penalties alone leave this much."""
GRADES: tuple[tuple[int, str], ...] = (
    (100, "A+"),
    (90, "A"),
    (85, "A-"),
    (80, "B+"),
    (70, "B"),
    (65, "B-"),
    (60, "C+"),
    (50, "C"),
    (45, "C-"),
    (40, "D+"),
    (30, "D"),
    (25, "D-"),
    (0, "F"),
)
HSTS_PASSES = frozenset({"hsts-implemented-max-age-at-least-six-months", "hsts-preloaded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One test of the Observatory."""

    test: str
    """Such as `strict-transport-security`."""
    result: str
    """Such as `hsts-not-implemented`."""

    @property
    def meaning(self) -> Meaning:
        """Points and words."""
        return MEANINGS[self.result]

    @property
    def points(self) -> int:
        """What it adds to the score, or takes away."""
        return self.meaning.points

    @property
    def passed(self) -> bool:
        """Whether nothing is taken away for it."""
        return self.points >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Every test, and what they come to."""

    algorithm: int
    tests: tuple[Judged, ...]
    points: tuple[int, ...]
    """Of each test, in this version of the algorithm."""

    @property
    def score(self) -> int:
        """From 0 on, with no upper end: 100 is all that is asked for."""
        penalties = 100 + sum(points for points in self.points if points < 0)
        whole = 100 + sum(self.points)
        return max(whole if penalties >= BONUS_FROM else penalties, 0)

    @property
    def grade(self) -> str:
        """`A+` to `F`."""
        return grade_of(self.score)

    @property
    def bonus_withheld(self) -> bool:
        """Whether points above 100 were earned that do not count."""
        return 100 + sum(p for p in self.points if p < 0) < BONUS_FROM and any(p > 0 for p in self.points)

    def __getitem__(self, test: str) -> Judged:
        return next(judged for judged in self.tests if judged.test == test)


def grade_of(score: int) -> str:
    """The letter for a score."""
    return next(letter for floor, letter in GRADES if score >= floor)


def observatory(visit: Visit, *, algorithm: int = 6) -> Scorecard:
    """Judge a visit. Raises ConfigurationError for a version that is not known."""
    if algorithm not in ALGORITHMS:
        raise ConfigurationError("algorithm", algorithm, "is not a version that is computed here", "use 4 or 6")
    policy = content_security_policy(visit, algorithm)
    hsts = fields.strict_transport_security(visit)
    results = {
        "content-security-policy": policy.result,
        "cookies": cookies(visit, hsts=hsts in HSTS_PASSES),
        "cross-origin-embedder-policy": fields.cross_origin_embedder_policy(visit),
        "cross-origin-opener-policy": fields.cross_origin_opener_policy(visit),
        "cross-origin-resource-policy": fields.cross_origin_resource_policy(visit),
        "cross-origin-resource-sharing": fields.cross_origin_resource_sharing(visit),
        "redirection": fields.redirection(visit),
        "referrer-policy": fields.referrer_policy(visit),
        "strict-transport-security": hsts,
        "subresource-integrity": subresource_integrity(visit, algorithm),
        "x-content-type-options": fields.content_type_options(visit),
        "x-frame-options": fields.frame_options(visit, policy),
    }
    if algorithm < 6:
        del results["cross-origin-embedder-policy"], results["cross-origin-opener-policy"]
    tests = tuple(Judged(test=test, result=result) for test, result in results.items())
    points = tuple(test.meaning.in_version(algorithm) for test in tests)
    return Scorecard(algorithm=algorithm, tests=tests, points=points)
