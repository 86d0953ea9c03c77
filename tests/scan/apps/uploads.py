"""An application that takes files and serves them again: holes beside twins. For tests only."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

app = Flask("uploads")
KEPT: dict[str, tuple[bytes, str]] = {}
HOLES = ("returned", "guessed", "numbered", "svg-only")
TWINS = ("attached", "as-text", "sandboxed", "refused", "escaped")


@app.get("/")
def home() -> str:
    forms = "".join(
        f"<form method=post action=/{name} enctype=multipart/form-data><input type=file name=file></form>"
        for name in (*HOLES, *TWINS)
    )
    return f"<!DOCTYPE html><title>home</title>{forms}"


@app.post("/<how>")
def take(how: str) -> Any:
    file = request.files["file"]
    name, media = file.filename or "", file.mimetype
    if how == "refused" or (how == "svg-only" and media == "text/html"):
        return jsonify(error="not taken"), 415
    folder = "uploads" if how == "guessed" else f"at/{how}"
    if how == "numbered":
        name = str(len(KEPT))
    KEPT[f"/{folder}/{name}"] = file.read(), media
    return "thanks" if how == "guessed" else jsonify(url=f"/{folder}/{name}")


@app.get("/uploads/<name>")
@app.get("/at/<how>/<name>")
def give(name: str, how: str = "") -> Any:
    if request.path not in KEPT:
        return "not here", 404
    content, media = KEPT[request.path]
    answer = Response(content, mimetype=media)
    if how == "attached":
        answer.headers["content-disposition"] = f'attachment; filename="{name}"'
    if how == "as-text":
        answer.headers["content-type"], answer.headers["x-content-type-options"] = "text/plain", "nosniff"
    if how == "sandboxed":
        answer.headers["content-security-policy"] = "sandbox; default-src 'none'"
    if how == "escaped":
        answer.set_data(content.replace(b"<", b"&lt;"))
    return answer
