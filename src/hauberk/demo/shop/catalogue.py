"""What there is: the window, the rails, search, one piece with what people say of it, and how to look after it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Cookie, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from hauberk.demo.shop.pages import page, widget
from hauberk.demo.shop.people import find_user
from hauberk.demo.shop.stock import CATEGORIES
from hauberk.demo.shop.store import store_of

router = APIRouter()


@router.get("/")
def window(request: Request, recently_viewed: Annotated[str, Cookie()] = "0") -> Response:
    """The shop window, with more of the kind that this visitor looked at last."""
    alike = f"category = (SELECT category FROM products WHERE id = {recently_viewed})"
    with store_of(request).connect() as db:
        fresh = db.execute("SELECT * FROM products ORDER BY id DESC LIMIT 8").fetchall()
        seen = db.execute(f"SELECT * FROM products WHERE {alike} LIMIT 4").fetchall()
    return page(request, "window.html", fresh=fresh, seen=seen)


@router.get("/catalogue")
def rails(request: Request, category: str = "", sort: str = "name") -> Response:
    """Everything, or one category, in the order that the visitor likes."""
    ordered = f"SELECT * FROM products WHERE category = :category OR :category = '' ORDER BY {sort}"
    with store_of(request).connect() as db:
        found = db.execute(ordered, {"category": category}).fetchall()
    title = CATEGORIES.get(category, category or "All the rails")
    return page(
        request, "catalogue.html", found=found, title=title, category=category, columns=["name", "price", "size"]
    )


@router.get("/search")
def search(request: Request, q: str = "", size: str = "") -> Response:
    """Pieces whose name, story or mend says it."""
    query = "SELECT * FROM products WHERE (name LIKE :q OR story LIKE :q OR mend LIKE :q)"
    if size:
        query += f" AND size = '{size}'"
    with store_of(request).connect() as db:
        found = db.execute(query, {"q": f"%{q}%"}).fetchall()
    return page(request, "search.html", found=found, q=q, size=size)


@router.get("/products/{number}")
def piece(request: Request, number: int) -> Response:
    """One piece."""
    with store_of(request).connect() as db:
        product = db.execute("SELECT * FROM products WHERE id = ?", (number,)).fetchone()
        comments = db.execute("SELECT author, text FROM comments WHERE product = ? ORDER BY id", (number,)).fetchall()
    if product is None:
        raise HTTPException(404, "somebody else is wearing it now")
    response = page(request, "product.html", product=product, comments=comments)
    response.set_cookie("recently_viewed", str(number), max_age=2_592_000, samesite=None)
    return response


@router.post("/products/{number}/comments")
def comment(
    request: Request, number: int, text: Annotated[str, Form()], author: Annotated[str, Form()] = ""
) -> Response:
    """Say something about a piece."""
    user = find_user(request)
    name = user.full_name if user else author.strip() or "A passer-by"
    with store_of(request).connect() as db:
        if db.execute("SELECT 1 FROM products WHERE id = ?", (number,)).fetchone() is None:
            raise HTTPException(404, "there is no such piece")
        db.execute("INSERT INTO comments (product, author, text) VALUES (?, ?, ?)", (number, name, text))
    return RedirectResponse(f"/products/{number}#comments", status_code=303)


@router.get("/sizes")
def sizes(request: Request, chest: str = "") -> Response:
    """From centimetres to letters."""
    centimetres = int(chest) if chest.isdecimal() else 0
    letter = next((name for limit, name in ((84, "XS"), (92, "S"), (100, "M"), (112, "L")) if centimetres <= limit), "")
    finder = widget(request, "size_finder.html", chest=chest, letter=letter if centimetres else "")
    return page(request, "sizes.html", finder=finder)


@router.get("/care")
def care(request: Request, guide: str = "wool.txt") -> Response:
    """How to look after a piece."""
    folder = (store_of(request).folder / "care").resolve()
    file = (folder / guide).resolve()
    if "\0" in guide or not file.is_relative_to(folder) or not file.is_file():
        raise HTTPException(404, "we have no advice on that")
    names = sorted(path.name for path in folder.iterdir())
    return page(request, "care.html", guide=file.stem, names=names, text=file.read_text(encoding="utf-8"))


@router.get("/look")
def look(request: Request, paper: str = "day") -> Response:
    """Day or evening paper; remembered for a year."""
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        "paper",
        "evening" if paper == "evening" else "day",
        max_age=31_536_000,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/healthz")
def health() -> dict[str, str]:
    """For the machine that asks whether we are open."""
    return {"status": "ok"}
