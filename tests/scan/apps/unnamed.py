"""An application whose inputs stand neither in its forms nor as words in its code. For tests only.

What is asked for shows only when it is asked: field names come out of a table, and one handler keeps markup, another
files, a third one fails with a trace.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

app = Flask("unnamed")
FIELDS = {"note": "te" + "xt", "file": "do" + "c", "fault": "am" + "ount"}
NOTES: list[str] = []
KEPT: dict[str, tuple[bytes, str]] = {}


@app.get("/")
def home() -> str:
    return "<!DOCTYPE html><title>Home</title><a href=/notes>notes</a>"


@app.get("/notes")
def notes() -> str:
    return f"<!DOCTYPE html><title>Notes</title>{''.join(f'<p>{note}</p>' for note in NOTES)}"


@app.post("/notes")
def note() -> Any:
    NOTES.append(request.form.get(FIELDS["note"], ""))
    return "kept", 201


@app.post("/files")
def take() -> Any:
    file = request.files[FIELDS["file"]]
    KEPT[file.filename or ""] = file.read(), file.mimetype
    return jsonify(url=f"/files/{file.filename}")


@app.get("/files/<name>")
def give(name: str) -> Any:
    content, media = KEPT.get(name, (b"", "text/plain"))
    return Response(content, mimetype=media)


@app.post("/amounts")
def amount() -> Any:
    if not request.form.get(FIELDS["fault"], "1").isdigit():
        return (
            'Traceback (most recent call last):\n  File "/app/amounts.py", line 7, in amount\nValueError: amount',
            500,
        )
    return "noted"
