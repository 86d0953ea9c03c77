"""`python -m bench.password_timing`: can the time of an answer tell whether there is such a user?

Wrong logins of six kinds are timed in random order, in processor time of the thread and in wall time. For each pair the
difference of the medians stands beside its own noise: the spread of that difference when the same rows are drawn again
(bootstrap), and beside the difference of one kind with itself.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterable
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from hauberk.auth.passwords import Passwords

LEGACY_MD5 = "md5$pkU4rYPZAAlmuQgwNP4mGC$c6e645ac1171865d5bdbc947004ecd33"
LEGACY_COSTLY = "pbkdf2_sha256$200000$gV6I5jP3uu0mwH17u9tj8u$CIPdsVKKAsSfITbtlC9QcYKsaVH4Aa0LnvQYcuRy8c8="
BASE = "wrong password"


def subjects(passwords: Passwords) -> dict[str, str | None]:
    """Name -> stored hash. The first two are the same thing twice: their difference is the noise itself."""
    own = passwords.hash_sync("correct horse battery staple")
    found = {
        BASE: own,
        "wrong password again": own,
        "unknown user": None,
        "malformed hash": own[:40],
        "unusable": "!",
        "legacy md5": LEGACY_MD5,
    }
    return found | {"legacy, costly": LEGACY_COSTLY} if passwords.legacy else found


def difference(one: list[float], two: list[float], random: Random) -> dict[str, float]:
    """Medians' difference in µs, and the middle 95 % of what it would be for rows drawn again."""
    drawn = [median(random.choices(one, k=len(one))) - median(random.choices(two, k=len(two))) for _ in range(400)]
    cuts = quantiles(drawn, n=40)
    low, high = cuts[0], cuts[-1]
    return {"difference": round(median(one) - median(two), 1), "low": round(low, 1), "high": round(high, 1)}


def measure(passwords: Passwords, rounds: int, random: Random) -> dict[str, Any]:
    """Each kind once in each round, in an order of its own."""
    kinds = subjects(passwords)
    rows: dict[str, list[float]] = {name: [] for name in kinds}
    work: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(rounds + 10):
        for name in random.sample(sorted(kinds), len(kinds)):
            start, busy = perf_counter(), process_time()
            assert not passwords.verify_sync("not the password", kinds[name])
            if number >= 10:  # the first rounds fill caches and calibrate
                rows[name].append((perf_counter() - start) * 1e6)
                work[name].append((process_time() - busy) * 1e6)
    return {"wall time": compared(rows, random), "processor time": compared(work, random)}


def compared(rows: dict[str, list[float]], random: Random) -> dict[str, Any]:
    """Each kind beside the wrong password of an account that exists."""
    return {
        "median µs": {name: round(median(times)) for name, times in rows.items()},
        "to a wrong password, µs": {
            name: difference(times, rows[BASE], random) for name, times in rows.items() if name != BASE
        },
        "told apart by one look, 0.5 is chance": {
            name: auc(times, rows[BASE]) for name, times in rows.items() if name != BASE
        },
    }


def auc(one: list[float], two: list[float]) -> float:
    """How often a time of the one is longer than a time of the other: what an attacker can make of one answer."""
    return round(sum(a > b for a in one for b in two) / (len(one) * len(two)), 3)


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(list(arguments) if arguments is not None else None)
    random = Random(given.seed)
    logging.disable(logging.CRITICAL)
    results = {
        "rounds": given.rounds,
        "fast legacy hashes": measure(Passwords(workers=1), given.rounds, random),
        "costly legacy hashes, legacy= given": measure(
            Passwords(workers=1, legacy=LEGACY_COSTLY), given.rounds, random
        ),
    }
    json.dump(results, sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
