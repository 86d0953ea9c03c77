"""A header field in words: what an explanation is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One directive or attribute of a field."""

    name: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        """Both members."""
        return {"name": self.name, "sentence": self.sentence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One field of an answer, in a sentence."""

    name: str
    """In lower case."""
    value: str
    """As it came; the value of a cookie that may be a credential is hidden."""
    sentence: str
    parts: tuple[Part, ...] = ()
    problem: str = ""
    """What browsers make nothing of; empty if all is well."""
    known: bool = True
    """False: what it means is this application's own business."""

    def as_json(self) -> dict[str, object]:
        """JSON values only."""
        said: dict[str, object] = {"name": self.name, "value": self.value, "sentence": self.sentence}
        if self.parts:
            said["parts"] = [part.as_json() for part in self.parts]
        if self.problem:
            said["problem"] = self.problem
        return said
