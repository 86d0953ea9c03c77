"""Pictures of the pieces, taken by the people who wear them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse, RedirectResponse, Response

from hauberk.demo.shop.pages import page
from hauberk.demo.shop.people import User, customer
from hauberk.demo.shop.store import store_of

router = APIRouter()
Customer = Annotated[User, Depends(customer)]


@router.get("/upload")
def upload_form(request: Request, user: Customer) -> Response:
    """Which piece, and which picture?"""
    with store_of(request).connect() as db:
        products = db.execute("SELECT id, name FROM products ORDER BY name").fetchall()
    return page(request, "upload.html", products=products)


@router.post("/upload")
def upload(request: Request, user: Customer, photo: UploadFile, product: Annotated[int, Form()]) -> Response:
    """Hang a picture next to its piece."""
    name = Path((photo.filename or "").replace("\\", "/")).name
    if not name or "\0" in name:
        raise HTTPException(422, "the picture needs a name")
    (store_of(request).folder / "photos" / name).write_bytes(photo.file.read())
    with store_of(request).connect() as db:
        db.execute("UPDATE products SET photo = ? WHERE id = ?", (name, product))
    return RedirectResponse(f"/products/{product}", status_code=303)


@router.get("/photos/{name}")
def show(request: Request, name: str) -> Response:
    """One picture."""
    file = store_of(request).folder / "photos" / name
    if name in {".", ".."} or Path(name).name != name or "\0" in name or not file.is_file():
        raise HTTPException(404, "there is no such picture")
    return FileResponse(file)
