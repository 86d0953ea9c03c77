"""Items and users: dependencies, a token, background work, a WebSocket, pages, files and errors."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import BackgroundTasks, Cookie, Depends, FastAPI, File, Form, Header, HTTPException, Query, UploadFile
from fastapi import Path as PathParameter
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from tests.tutorials.fastapi_items import live, users

HERE = Path(__file__).parent
templates = Jinja2Templates(directory=HERE / "templates")


class Item(BaseModel):
    name: str = Field(min_length=1, max_length=50)
    price: float = Field(gt=0)
    tags: set[str] = set()
    description: str | None = None


class Missing(Exception):
    """There is no such item."""

    def __init__(self, number: int) -> None:
        self.number = number


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    app.state.items = {1: Item(name="Hammer", price=12.5, tags={"tool"}), 2: Item(name="Nail", price=0.05)}
    app.state.log = []
    app.state.running = True
    yield {"greeting": "Welcome"}
    app.state.running = False


app = FastAPI(title="Items", lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=2000)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://shop.example"],
    allow_credentials=True,
    allow_methods=["GET", "PUT"],
    allow_headers=["X-Token"],
)
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
app.include_router(users.router)
app.include_router(live.router)


@app.middleware("http")
async def count(request: Request, call_next: Any) -> Response:
    response: Response = await call_next(request)
    response.headers["X-Process"] = f"{request.method} {request.url.path}"
    return response


@app.exception_handler(Missing)
async def missing(request: Request, error: Missing) -> JSONResponse:
    return JSONResponse({"message": f"there is no item {error.number}"}, status_code=404)


@app.exception_handler(RequestValidationError)
async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    return JSONResponse({"fields": [".".join(map(str, e["loc"])) for e in error.errors()]}, status_code=422)


class Paging:
    """Which part of a list is wanted."""

    def __init__(self, skip: int = 0, limit: Annotated[int, Query(le=100)] = 10) -> None:
        self.skip, self.limit = skip, limit


async def shop_token(x_token: Annotated[str | None, Header()] = None) -> None:
    if x_token != "let-me-write":
        raise HTTPException(400, "X-Token header invalid", headers={"X-Error": "token"})


def find(request: Request, item_id: Annotated[int, PathParameter(ge=1)]) -> Item:
    item: Item | None = request.app.state.items.get(item_id)
    if item is None:
        raise Missing(item_id)
    return item


@app.get("/items/")
async def list_items(request: Request, paging: Annotated[Paging, Depends()], q: str | None = None) -> list[Item]:
    found = [item for item in request.app.state.items.values() if q is None or q.lower() in item.name.lower()]
    return found[paging.skip : paging.skip + paging.limit]


@app.get("/items/{item_id}")
def read_item(item: Annotated[Item, Depends(find)]) -> Item:
    return item


@app.put("/items/{item_id}", dependencies=[Depends(shop_token)])
async def write_item(request: Request, item_id: int, item: Item) -> dict[str, Any]:
    request.app.state.items[item_id] = item
    return {"id": item_id, **item.model_dump(mode="json")}


@app.delete("/items/{item_id}", status_code=204)
async def delete_item(request: Request, item_id: int, item: Annotated[Item, Depends(find)]) -> None:
    del request.app.state.items[item_id]


@app.get("/pages/items/{item_id}", response_class=HTMLResponse)
async def item_page(request: Request, item_id: int, item: Annotated[Item, Depends(find)]) -> Response:
    context = {"id": item_id, "item": item, "greeting": request.state.greeting}
    return templates.TemplateResponse(request, "item.html", context)


def write_note(log: list[str], text: str) -> None:
    log.append(text)


@app.post("/notes/{address}", status_code=202)
async def note(request: Request, address: str, background: BackgroundTasks) -> dict[str, str]:
    background.add_task(write_note, request.app.state.log, f"mail to {address}")
    return {"message": "will be sent"}


@app.post("/files/")
async def upload(
    file: Annotated[UploadFile, File()], note: Annotated[str, Form()], raw: Annotated[bytes, File()] = b""
) -> dict[str, Any]:
    content = await file.read()
    digest = hashlib.sha256(content).hexdigest()
    return {"name": file.filename, "type": file.content_type, "size": len(content), "sha256": digest, "note": note}


@app.get("/cookies/")
async def read_cookie(visits: Annotated[int, Cookie()] = 0) -> JSONResponse:
    response = JSONResponse({"visits": visits})
    response.set_cookie("visits", str(visits + 1), max_age=3600)
    return response


@app.delete("/cookies/")
async def forget(response: Response) -> dict[str, bool]:
    response.delete_cookie("visits")
    return {"forgotten": True}


@app.get("/old", include_in_schema=False)
async def old() -> RedirectResponse:
    return RedirectResponse("/items/", status_code=308)


@app.get("/download")
async def download() -> FileResponse:
    return FileResponse(HERE / "static" / "site.css", filename="theme.css", media_type="text/css")


@app.get("/count/{until}")
async def stream(until: int) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(until):
            yield f"{number}\n"
            await asyncio.sleep(0)

    return StreamingResponse(lines(), media_type="text/plain")


@app.get("/long")
async def long() -> dict[str, str]:
    return {"text": "x" * 5000}


@app.get("/broken")
async def broken() -> None:
    raise RuntimeError("the shelf fell down")
