"""A room where everybody hears everybody, over WebSockets, and a stream of server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect, WebSocketException, status
from fastapi.responses import StreamingResponse

router = APIRouter(prefix="/live")


class Room:
    def __init__(self) -> None:
        self.members: list[WebSocket] = []

    async def enter(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol="chat", headers=[(b"x-room", b"main")])
        self.members.append(socket)

    async def tell_all(self, text: str) -> None:
        for member in self.members:
            await member.send_text(text)


room = Room()


@router.websocket("/room/{name}")
async def chat(socket: WebSocket, name: str, key: Annotated[str | None, Query()] = None) -> None:
    if key != "open":
        raise WebSocketException(code=status.WS_1008_POLICY_VIOLATION, reason="no key")
    await room.enter(socket)
    try:
        while True:
            await room.tell_all(f"{name}: {await socket.receive_text()}")
    except WebSocketDisconnect:
        room.members.remove(socket)
        await room.tell_all(f"{name} left")


@router.websocket("/json")
async def double(socket: WebSocket) -> None:
    await socket.accept()
    number = await socket.receive_json()
    await socket.send_json({"double": number["n"] * 2})
    await socket.send_bytes(b"\x00\xff")
    await socket.close(code=1000)


@router.get("/events")
async def events() -> StreamingResponse:
    async def messages() -> AsyncIterator[bytes]:
        for number in range(3):
            yield f"event: tick\ndata: {number}\n\n".encode()

    return StreamingResponse(messages(), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
