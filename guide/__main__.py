"""`python -m guide`: writes the reference into `docs/reference/`, for `make docs`. It is not kept in the repository."""

from __future__ import annotations

from pathlib import Path

from guide.reference import pages


def main() -> None:
    """Write every page."""
    docs = Path(__file__).parents[1] / "docs"
    for name, text in pages().items():
        path = docs / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
