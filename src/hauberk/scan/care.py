"""What a test leaves alone: operations that end the session, and those that destroy or spend."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

WORDS = re.compile(r"[a-z]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
LOGOUT = frozenset({"logout", "signout", "logoff", "signoff"})
ENDINGS = (("log", "out"), ("sign", "out"), ("log", "off"), ("sign", "off"))
DESTROYS = frozenset(
    "cancel clear deactivate delete destroy drop erase flush purge remove reset shutdown terminate truncate uninstall "
    "unsubscribe wipe pay payment payout purchase refund checkout".split()
)
"""Words of a path, or of a button, behind which something is lost or spent."""


@lru_cache(maxsize=4096)
def words(text: str) -> tuple[str, ...]:
    """The words of a path, a name or a caption, in lower case: `deleteUser`, `delete-user` and `Delete user` alike."""
    return tuple(WORDS.findall(_HUMP.sub(" ", text).lower()))


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """A name in lower case, with an underscore between its words: `redirectTo` is `redirect_to`."""
    return _HUMP.sub("_", name).lower()


@lru_cache(maxsize=4096)
def ends_session(path: str) -> bool:
    """Whether the path's words say that it ends the session: `/logout`, `/users/sign_out`."""
    found = words(path)
    return any(word in LOGOUT for word in found) or any(pair in ENDINGS for pair in itertools.pairwise(found))


@lru_cache(maxsize=4096)
def destroys(method: str, path: str) -> bool:
    """Whether a request deletes, or its path's words say that it does what cannot be taken back."""
    return method == "DELETE" or not DESTROYS.isdisjoint(words(path))
