"""Stands between one connection of Terraform and the provider: answers for the schema, and passes all else on.

A connection that asks for nothing but the schema, such as that of `terraform show`, needs no provider. What Terraform
has sent until it needs one is kept and sent then; frames are passed on as they are, so that both sides' tables of
headers stay in step. The request for the schema goes to the provider as one that was taken back before its message.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from devtools.lean_terraform.frames import (
    ACK,
    CANCEL,
    END_STREAM,
    FRAME_BYTES,
    INITIAL_WINDOW,
    PREFACE,
    Frame,
    Kind,
    increment,
    initial_window,
    literal_headers,
    named,
    read_frame,
)

SCHEMA = named("/tfplugin5.Provider/GetSchema")
WHILE_CONNECTED = (named("/plugin.GRPCStdio/StreamStdio"), named("/plugin.GRPCBroker/StartStream"))
"""Calls that go-plugin makes on every connection, and that last as long as it does."""
GONE = (asyncio.IncompleteReadError, ConnectionError)


@dataclass
class Answer:
    """The answer to one request for the schema: what is left of its window, and what wakes who waits for more."""

    stream: int
    window: int
    widened: asyncio.Event = field(default_factory=asyncio.Event)

    def widen(self, more: int) -> None:
        """Take note that more may be sent."""
        self.window += more
        self.widened.set()


class Connection:
    """One connection from its preface to its end.

    `schema` returns what to answer for the schema, or None where that is to be asked of the provider; `learn` is given
    what that answers. `dial` returns the socket of a provider.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        schema: Callable[[], bytes | None],
        learn: Callable[[bytes], None],
        dial: Callable[[], Awaitable[Path]],
    ) -> None:
        self.reader, self.writer = reader, writer
        self.schema, self.learn, self.dial = schema, learn, dial
        self.provider: asyncio.StreamWriter | None = None
        self.kept: list[bytes] = [PREFACE]
        self.answers: dict[int, Answer] = {}
        self.open: set[int] = set()
        self.learning: dict[int, bytearray] = {}
        self.acks_due = 1
        self.stream_window = INITIAL_WINDOW
        self.owed = 0
        """How many bytes Terraform will tell the connection's window to be widened by because of us."""

    async def serve(self) -> None:
        """Serve until Terraform or the provider ends the connection; raises what `dial` raises, in a group."""
        try:
            async with asyncio.TaskGroup() as self.tasks:
                self.tasks.create_task(self._from_terraform())
        except* GONE:
            pass  # one of both has ended the connection
        finally:
            self.writer.close()
            if self.provider is not None:
                self.provider.close()

    @property
    def is_clean(self) -> bool:
        """Return whether every call that Terraform made was answered."""
        return not self.open

    async def _from_terraform(self) -> None:
        await self.reader.readexactly(len(PREFACE))
        self.writer.write(Frame(Kind.SETTINGS, 0, 0, b"").packed())
        while True:
            await self._take(await read_frame(self.reader))

    async def _take(self, frame: Frame) -> None:
        if frame.stream in self.answers:
            if frame.kind == Kind.WINDOW_UPDATE:
                self.answers[frame.stream].widen(increment(frame))
        elif frame.kind == Kind.HEADERS:
            await self._call(frame)
        elif frame.kind == Kind.SETTINGS and frame.has(ACK) and self.acks_due:
            self.acks_due -= 1
        elif frame.kind == Kind.SETTINGS:
            self._resize(frame)
            self._pass_on(frame)
        elif frame.kind == Kind.PING and self.provider is None:
            self.writer.write(Frame(Kind.PING, ACK, 0, frame.payload).packed())
        elif frame.kind == Kind.WINDOW_UPDATE and frame.stream == 0:
            self._widen(frame)
        else:
            if frame.kind == Kind.RST_STREAM:
                self.open.discard(frame.stream)
            self._pass_on(frame)

    async def _call(self, frame: Frame) -> None:
        lasting = any(name in frame.payload for name in WHILE_CONNECTED)
        if SCHEMA in frame.payload:
            schema = self.schema()
            if schema is not None:
                self._pass_on(frame)
                self._pass_on(Frame(Kind.RST_STREAM, 0, frame.stream, struct.pack(">I", CANCEL)))
                self.answers[frame.stream] = Answer(frame.stream, self.stream_window)
                self.tasks.create_task(self._answer(self.answers[frame.stream], schema))
                return
            self.learning[frame.stream] = bytearray()
        if not lasting:
            self.open.add(frame.stream)
        self._pass_on(frame)
        if not lasting and self.provider is None:
            await self._connect()

    def _resize(self, settings: Frame) -> None:
        """Take over what each stream's window begins with: those of open streams change with it (section 6.9.2)."""
        before, self.stream_window = self.stream_window, initial_window(settings) or self.stream_window
        for answer in self.answers.values():
            answer.widen(self.stream_window - before)

    def _widen(self, frame: Frame) -> None:
        ours = min(increment(frame), self.owed)
        self.owed -= ours
        if rest := increment(frame) - ours:
            self._pass_on(Frame(Kind.WINDOW_UPDATE, 0, 0, struct.pack(">I", rest)))

    def _pass_on(self, frame: Frame) -> None:
        if self.provider is None:
            self.kept.append(frame.packed())
        else:
            self.provider.write(frame.packed())

    async def _connect(self) -> None:
        reader, writer = await asyncio.open_unix_connection(await self.dial())
        writer.writelines(self.kept)
        self.kept.clear()
        self.provider = writer
        self.tasks.create_task(self._from_provider(reader))

    async def _answer(self, answer: Answer, message: bytes) -> None:
        head = {":status": "200", "content-type": "application/grpc"}
        self.writer.write(literal_headers(answer.stream, head, last=False).packed())
        body = b"\0" + struct.pack(">I", len(message)) + message
        while body:
            while answer.window <= 0:
                answer.widened.clear()
                await answer.widened.wait()
            part, body = body[: (size := min(FRAME_BYTES, answer.window))], body[size:]
            answer.window -= len(part)
            self.owed += len(part)
            self.writer.write(Frame(Kind.DATA, 0, answer.stream, part).packed())
            await self.writer.drain()
        self.writer.write(literal_headers(answer.stream, {"grpc-status": "0"}, last=True).packed())

    async def _from_provider(self, reader: asyncio.StreamReader) -> None:
        while True:
            frame = await read_frame(reader)
            if frame.stream in self.answers:
                continue
            if frame.stream in self.learning:
                self._learn(frame)
            if frame.kind == Kind.RST_STREAM or (frame.kind in {Kind.DATA, Kind.HEADERS} and frame.has(END_STREAM)):
                self.open.discard(frame.stream)
            self.writer.write(frame.packed())
            await self.writer.drain()

    def _learn(self, frame: Frame) -> None:
        body = self.learning[frame.stream]
        if frame.kind == Kind.DATA:
            body += frame.content
        elif frame.kind == Kind.HEADERS and frame.has(END_STREAM) and len(body) > 5:
            self.learn(bytes(body[5:]))
