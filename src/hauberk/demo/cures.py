"""What `protect()` cannot cure, and why: the demo ends well only if exactly this remains."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CANNOT_CURE: Mapping[str, str] = MappingProxyType({})
"""Rule to the reason, in the words that the demo shows."""
