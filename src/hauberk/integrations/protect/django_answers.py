"""Django's responses, shown to who wants to see them before they leave."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import FileResponse
from django.http.response import HttpResponseBase

from hauberk.core.errors import BlockedError
from hauberk.core.exchange import AnswerWatch, Exchange, HeldPage


def watched(ex: Exchange, response: HttpResponseBase, watch: AnswerWatch) -> HttpResponseBase:
    """The response as it may leave; where it may not, `ex.blocked` is set."""
    try:
        page = watch.begin(ex, response.status_code, list(response.items()))
        if page is None or isinstance(response, FileResponse):
            return response
        if not response.streaming:
            return _whole(response, page)
        if response.is_async:
            return async_to_sync(_streamed_async)(response, page)
        return _streamed(response, page)
    except BlockedError:
        return response


async def watched_async(ex: Exchange, response: HttpResponseBase, watch: AnswerWatch) -> HttpResponseBase:
    """The same in an event loop."""
    if not response.streaming:
        return watched(ex, response, watch)
    try:
        page = watch.begin(ex, response.status_code, list(response.items()))
        if page is None or isinstance(response, FileResponse):
            return response
        if response.is_async:
            return await _streamed_async(response, page)
        return await sync_to_async(_streamed)(response, page)
    except BlockedError:
        return response


def _whole(response: Any, page: HeldPage) -> HttpResponseBase:
    seen = page.add(response.content, last=True)
    if page.changed:
        response.content = seen
        if "Content-Length" in response.headers:
            response.headers["Content-Length"] = str(len(response.content))
    answer: HttpResponseBase = response
    return answer


def _streamed(response: Any, page: HeldPage) -> HttpResponseBase:
    """What is kept back is made here, so that the header can still be another; the rest as it is asked for."""
    parts = iter(response.streaming_content)
    begun, over = _begun(parts, page)
    response.streaming_content = _rest(begun, parts, page, over=over)
    return _sized(response, page, len(begun) if over else None)


def _begun(parts: Iterator[bytes], page: HeldPage) -> tuple[bytes, bool]:
    for part in parts:
        if (seen := page.add(part, last=False)) is not None:
            return seen, False
    return page.add(b"", last=True) or b"", True


def _rest(begun: bytes, parts: Iterable[bytes], page: HeldPage, *, over: bool) -> Iterator[bytes]:
    yield begun
    if not over:
        for part in parts:
            yield page.add(part, last=False) or b""
        yield page.add(b"", last=True) or b""


async def _streamed_async(response: Any, page: HeldPage) -> HttpResponseBase:
    parts = aiter(response.streaming_content)
    begun, over = await _begun_async(parts, page)
    response.streaming_content = _rest_async(begun, parts, page, over=over)
    return _sized(response, page, len(begun) if over else None)


async def _begun_async(parts: AsyncIterator[bytes], page: HeldPage) -> tuple[bytes, bool]:
    async for part in parts:
        if (seen := page.add(part, last=False)) is not None:
            return seen, False
    return page.add(b"", last=True) or b"", True


async def _rest_async(begun: bytes, parts: AsyncIterable[bytes], page: HeldPage, *, over: bool) -> AsyncIterator[bytes]:
    yield begun
    if not over:
        async for part in parts:
            yield page.add(part, last=False) or b""
        yield page.add(b"", last=True) or b""


def _sized(response: Any, page: HeldPage, length: int | None) -> HttpResponseBase:
    if page.changed and "Content-Length" in response.headers:
        del response.headers["Content-Length"]
        if length is not None:
            response.headers["Content-Length"] = str(length)
    answer: HttpResponseBase = response
    return answer
