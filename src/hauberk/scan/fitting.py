"""Which files an operation takes: where it refuses a text and takes a picture, pictures are what is sent."""

from __future__ import annotations

import re

from hauberk.scan import build
from hauberk.scan.attack import Attacker
from hauberk.scan.learning import pictured
from hauberk.scan.messages import Response
from hauberk.scan.pictures import wants_picture
from hauberk.scan.surface import Operation

_SAYS = re.compile(r"\b(?:images?|pictures?|photos?|png|jpe?g|gif|webp)\b", re.IGNORECASE)
_OWN = re.compile(r"hauberk(?:\.png)?", re.IGNORECASE)


def takes_pictures_alone(attacker: Attacker, operation: Operation) -> bool:
    """Whether it refuses a text file and takes a picture, where nothing says beforehand which files it wants."""
    open_ = [p for p in operation.at("upload") if "accept" not in p.schema and not wants_picture(p)]
    if not open_:
        return False
    _, text = attacker.tokens.send(attacker.client, operation, build.request(operation))
    if text.status < 400 and not _explains(text, operation):
        return False
    _, picture = attacker.tokens.send(attacker.client, operation, build.request(pictured(operation)))
    if picture.status >= 400:
        return False
    return (
        text.status >= 400
        or (_says(text) > _says(picture))
        or _leads_back(text, operation) > _leads_back(picture, operation)
    )


def _explains(response: Response, operation: Operation) -> bool:
    """Whether a success looks like none: it speaks of pictures, or leads back to where it came from."""
    return bool(_says(response)) or _leads_back(response, operation)


def _says(response: Response) -> int:
    return len(_SAYS.findall(_OWN.sub("", response.text)))


def _leads_back(response: Response, operation: Operation) -> bool:
    location = (response.header("location") or "").partition("?")[0]
    return 300 <= response.status < 400 and operation.match(location) is not None
