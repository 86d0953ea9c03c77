"""Cross-origin resource sharing, as strict as it can be made when it is configured."""

from hauberk.shield.cors.explain import Explanation
from hauberk.shield.cors.feature import CORS

__all__ = ["CORS", "Explanation"]
