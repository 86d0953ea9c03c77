"""Never weaken: the application's own header wins where it says as much as the policy, or more.

One that says less is replaced, since nobody can tell an intention from an oversight or from a library's default.
Who means it says so: `@hauberk.override(frame_options=FrameOptions(action="SAMEORIGIN"), reason="...")`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hauberk.core.plan import Weaker


def weaker_word(ranks: Mapping[str, int], ours: str, *, parameters: bool = False) -> Weaker:
    """For a field of one word: whether the application's ranks below ours, or is none that browsers know.

    `parameters` reads a structured field: what follows a semicolon is left out.
    """
    least = ranks[ours]

    def weaker(own: list[str]) -> bool:
        words = [word.strip() for field in own for word in field.split(",")]
        if parameters:
            # A structured field comes once, and as it is spelled; else browsers ignore it.
            return len(words) != 1 or ranks.get(words[0].partition(";")[0].strip(), -1) < least
        words = [word.lower() for word in words]
        return min((ranks.get(word, -1) for word in words), default=-1) < least

    return weaker
