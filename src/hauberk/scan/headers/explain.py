"""Every header field of an answer in a sentence, and every part of it that means something by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hauberk.scan.headers.explain_caching import CACHING
from hauberk.scan.headers.explain_cookie import set_cookie
from hauberk.scan.headers.explain_plain import OBSOLETE, PLAIN
from hauberk.scan.headers.explain_policies import POLICIES
from hauberk.scan.headers.explained import Explained
from hauberk.scan.messages import Response

Explain = Callable[[str, str], Explained]
"""Name and value to what they mean."""

SPECIAL: dict[str, Explain] = {**POLICIES, **CACHING, "set-cookie": set_cookie}
ONCE = frozenset(
    "strict-transport-security x-frame-options x-content-type-options cross-origin-opener-policy "
    "cross-origin-embedder-policy cross-origin-resource-policy access-control-allow-origin content-type "
    "content-length location etag age expires date last-modified origin-agent-cluster".split()
)
"""Fields that mean something once only."""


def explain(response: Response) -> tuple[Explained, ...]:
    """Every field, in the order it came."""
    return tuple(_all(response))


def _all(response: Response) -> Iterator[Explained]:
    seen: set[str] = set()
    for name, value in response.headers:
        if name in seen and name in ONCE:
            yield Explained(
                name=name,
                value=value,
                sentence="It came before; twice, it cannot be relied on.",
                problem=f"{name} came more than once",
            )
        else:
            yield one(name, value)
        seen.add(name)


def one(name: str, value: str) -> Explained:
    """A single field."""
    if name in SPECIAL:
        return SPECIAL[name](name, value)
    if name in OBSOLETE:
        return Explained(
            name=name, value=value, sentence=OBSOLETE[name], problem=f"{name} does nothing in browsers of today"
        )
    if name in PLAIN:
        return Explained(name=name, value=value, sentence=PLAIN[name])
    if name.startswith(("x-", "x_")):
        sentence = "A field of this application's or of its platform's; no standard says what it means."
    else:
        sentence = "Not a field that we know; look at what sends it, and whether visitors need it."
    return Explained(name=name, value=value, sentence=sentence, known=False)
