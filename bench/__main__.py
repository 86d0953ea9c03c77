"""`python -m bench`: every benchmark, JSON to bench/results.json."""

from __future__ import annotations

import importlib
import json
import platform
from pathlib import Path

SUBJECTS = (
    "shield",
    "shield_wsgi",
    "csrf",
    "hosts",
    "cookies",
    "limits",
    "sessions",
    "stores",
    "passwords",
    "tokens",
    "guard",
    "events",
    "scan_speed",
)


def main() -> None:
    """Run them one after the other, so that they do not disturb each other."""
    results = {"python": platform.python_version()}
    for name in SUBJECTS:
        print(f"bench.{name}", flush=True)
        results[name] = importlib.import_module(f"bench.{name}").results()
    target = Path(__file__).parent / "results.json"
    target.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {target.relative_to(Path.cwd()) if target.is_relative_to(Path.cwd()) else target}")


if __name__ == "__main__":
    main()
