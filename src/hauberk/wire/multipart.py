"""How many parts a multipart body has and how long their headers are, as it streams by (RFC 2046, section 5.1.1).

Whatever one of the parsers in use takes for a delimiter counts as one: `--boundary` after CR, LF or nothing.
"""

from __future__ import annotations

import re

MOST_BOUNDARY = 200
"""Octets. RFC 2046 has at most 70; browsers make 40 or so."""
_LINES = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
"""What ends the header of a part."""


_BOUNDARY = re.compile(r';[ \t]*boundary(?:\*[0-9*]*)?[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.IGNORECASE)


def boundaries(content_type: str) -> list[str]:
    """Every boundary that a Content-Type field names; more than one: readers may differ in which they take."""
    found = []
    for match in _BOUNDARY.finditer(content_type):
        text = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2].strip()
        if text and text not in found:
            found.append(text)
    return found


class MultipartScanner:
    """Fed with the parts that come over the wire; `parts` and `longest_header` (octets) grow as they go by."""

    __slots__ = ("_delimiter", "_header", "_in_header", "_rest", "_started", "longest_header", "parts")

    def __init__(self, boundary: str) -> None:
        self.parts = 0
        self.longest_header = 0
        self._delimiter = b"--" + boundary.encode("latin-1", "replace")
        self._rest = b"\n"
        """What may be the beginning of a delimiter; the first one needs no line before it."""
        self._in_header = False
        self._header = 0
        """Octets of the header of the part that is being read, up to `_rest`."""

    def feed(self, data: bytes) -> None:
        """Take what came next, of any length."""
        data = self._rest + data
        at = 0
        while True:
            if self._in_header:
                at = self._read_header(data, at)
                if self._in_header:
                    break
            found = self._find(data, at, len(data))
            if found < 0:
                break
            at = found + len(self._delimiter)
            if data[at : at + 2] in {b"", b"-"}:
                at = found - 1  # whether it is the last one shows in what comes next
                break
            if data[at : at + 2] == b"--":
                continue  # the end; what follows it is an epilogue, unless another delimiter says otherwise
            self.parts += 1
            self._in_header, self._header = True, 0
        self._keep(data, at)

    def _find(self, data: bytes, at: int, end: int) -> int:
        """Where the next delimiter stands, at the beginning of a line; -1 if there is none."""
        found = data.find(self._delimiter, at, end)
        while found >= 0 and (found == at or data[found - 1] not in b"\r\n"):
            found = data.find(self._delimiter, found + 1, end)
        return found

    def _read_header(self, data: bytes, at: int) -> int:
        """Go on with a part's header; where it ends, or as far as it went."""
        # A delimiter within a header begins the next part. Nothing is searched beyond it: time stays linear.
        other = self._find(data, at, len(data))
        blank = _LINES.search(data, at, other if other >= 0 else len(data))
        if blank:
            end = blank.start()
        elif other >= 0:
            end = other - 1
        else:
            last = data[max(at, len(data) - 3) :]
            end = len(data) - len(last) + len(last.rstrip(b"\r\n"))  # which may be the beginning of its end
        self.longest_header = max(self.longest_header, self._header + end - at)
        self._in_header = blank is None and other < 0
        if blank:
            return blank.end() - 1  # its last line break may begin a delimiter: of an empty part
        return at if other < 0 else other - 1

    def _keep(self, data: bytes, at: int) -> None:
        """Keep so much of the end as may be the beginning of something that goes on in what comes next."""
        start = max(at, len(data) - len(self._delimiter) - 4)
        if self._in_header:
            self._header += start - at
        self._rest = data[start:]
