"""The grade of an application's headers and cookies, what each of them means, and what to change.

review(in_process(transport), Place(host="testserver"), target="shop:app").pages[0].card.grade
"""

from __future__ import annotations

from hauberk.scan.headers.explain import explain
from hauberk.scan.headers.explained import Explained, Part
from hauberk.scan.headers.judge import Graded, Review, review
from hauberk.scan.headers.loopback import Loopback
from hauberk.scan.headers.observatory import Judged, Scorecard, observatory
from hauberk.scan.headers.rules import RULES
from hauberk.scan.headers.visit import Hop, Visit
from hauberk.scan.headers.visiting import Place, in_process, visit

__all__ = [
    "RULES",
    "Explained",
    "Graded",
    "Hop",
    "Judged",
    "Loopback",
    "Part",
    "Place",
    "Review",
    "Scorecard",
    "Visit",
    "explain",
    "in_process",
    "observatory",
    "review",
    "visit",
]
