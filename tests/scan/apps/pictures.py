"""An application that takes pictures alone, and looks whether they are some: holes behind that beside twins.

For tests only.
"""

from __future__ import annotations

import html
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.utils import secure_filename

app = Flask("pictures")
KEPT: dict[str, bytes] = {}
FOLDER = Path(tempfile.gettempdir()) / "pictures-of-a-test" / "kept"
FOLDER.mkdir(parents=True, exist_ok=True)
FIELDS = {"avatar": "avatar", "accepted": "doc", "silent": "file", "flashed": "upload"}
"""By the name, by `accept`, and by nothing but what is said to a text: with a status, and in words."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
MEDIA = {"png": "image/png", "gif": "image/gif", "html": "text/html", "svg": "image/svg+xml"}


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG, as strictly as a decoder reads them. Raises ValueError."""
    if not data.startswith(SIGNATURE):
        raise ValueError("no signature")
    found, at = [], len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + 8 + length]
        if struct.pack(">I", zlib.crc32(kind + content)) != data[at + 8 + length : at + 12 + length]:
            raise ValueError("a checksum is wrong")
        found.append((kind, content))
        at += 12 + length
    width, height = struct.unpack(">II", found[0][1][:8])
    pixels = zlib.decompress(b"".join(content for kind, content in found if kind == b"IDAT"))
    if found[-1][0] != b"IEND" or len(pixels) != height * (1 + 3 * width):
        raise ValueError("no pixels")
    return found


def is_picture(data: bytes) -> bool:
    try:
        return bool(chunks(data))
    except (ValueError, struct.error, zlib.error, IndexError):
        return False


def anew(data: bytes) -> bytes:
    """Nothing but what makes the picture."""
    kept = [(kind, content) for kind, content in chunks(data) if kind in {b"IHDR", b"IDAT", b"IEND"}]
    parts = [struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in kept]
    return SIGNATURE + b"".join(parts)


@app.get("/")
def home() -> str:
    forms = "".join(
        f"<form method=post action=/{way}/{kind} enctype=multipart/form-data><input name=caption>"
        f"<input type=file name={field} {'accept=.png,image/*' if kind == 'accepted' else ''}></form>"
        for way, kinds in WAYS.items()
        for kind, field in FIELDS.items()
        if kind in kinds
    )
    return f"<!DOCTYPE html><title>pictures</title>{forms}"


def take(way: str, kind: str) -> Any:
    file = request.files[FIELDS[kind]]
    data, name = file.read(), file.filename or ""
    if not is_picture(data):
        if kind == "flashed":
            return "<!DOCTYPE html><title>no</title><p>Only PNG images are taken."
        return jsonify(error="not taken"), 415
    if way == "renamed":
        name = f"{len(KEPT)}.png"
    if way == "anew":
        data = anew(data)
    if way in {"kept", "renamed", "anew"}:
        KEPT[f"/at/{way}/{secure_filename(name)}"] = data
        return jsonify(url=f"/at/{way}/{secure_filename(name)}")
    if way in {"written", "written-safe"}:
        path = os.path.join(FOLDER, secure_filename(name) if way == "written-safe" else name)
        try:
            Path(path).write_bytes(data)
        except OSError:
            return jsonify(error="not written"), 400
        return jsonify(done=True)
    caption = request.form.get("caption", "")
    return f"<!DOCTYPE html><title>x</title><p>{caption if way == 'captioned' else html.escape(caption)}"


def give(way: str, name: str) -> Any:
    data = KEPT.get(request.path)
    if data is None:
        return "not here", 404
    return Response(data, mimetype=MEDIA.get(name.rpartition(".")[2], "application/octet-stream"))


WAYS = {
    "kept": tuple(FIELDS),
    "captioned": ("avatar", "silent"),
    **dict.fromkeys(("renamed", "anew", "written", "written-safe", "captioned-safe"), ("avatar",)),
}
for _way, _kinds in WAYS.items():
    for _kind in _kinds:
        _at = f"/{_way}/{_kind}"
        app.add_url_rule(_at, _at, lambda way=_way, kind=_kind: take(way, kind), methods=["POST"])
app.add_url_rule("/at/<way>/<name>", "give", give)
HOLES = {
    *(("scan.active-upload", f"/kept/{kind}", field) for kind, field in FIELDS.items()),
    *(("scan.reflected-xss", f"/captioned/{kind}", "caption") for kind in WAYS["captioned"]),
}
BY_SENSOR = {("scan.path-traversal", "/written/avatar", "avatar")}
