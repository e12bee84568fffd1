"""A mail server on loopback that keeps account of what it took, and misbehaves as it is told.

In a test's own process: `with running(Sink(...)) as port`. As a process of its own, for storms:

    python -m tests.mail_sink --port 2525 --folder DIR [--seed 1]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

BUSY = "451 4.3.0 try again later"
ACCEPTED = "250 2.0.0 queued"
ACCEPTED_LINE = re.compile(r"message-id=(<[^>]+>)")
STEPS = ("refuse", "drop_before", "drop_after", "hang")
"""At the end of a text: say no for now, break off without taking it, break off or fall silent after it."""


class Sink:
    """Takes mail, writes its log, and only then answers; `chances` say how often it does not.

    Whoever gets no answer is in doubt, and the log knows. A mail's lines are written at once, so that
    the log is true even when the sink is killed.
    """

    def __init__(self, folder: Path, *, seed: int = 0, hang_seconds: float = 5) -> None:
        self.log = folder / "relay.log"
        self.chances = folder / "chances.json"
        self.hang_seconds = hang_seconds
        self.connections = 0
        self.dice = random.Random(seed)  # noqa: S311 - chance, no secret
        self.log.touch()

    def misbehave(self, **chances: float) -> None:
        """Set the chance of each of STEPS from now on; what is not named does not happen."""
        unfinished = self.chances.with_suffix(".new")
        unfinished.write_text(json.dumps(chances))
        unfinished.replace(self.chances)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.startswith(("450", "550")):
            return f"{address[:3]} no such address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        step = self._next_step()
        if step == "refuse":
            return BUSY
        if step == "drop_before":
            server.transport.abort()
            return BUSY
        self._accept(message_from_bytes(envelope.content)["Message-ID"].strip(), envelope.rcpt_tos)
        if step == "hang":
            await asyncio.sleep(self.hang_seconds)
        if step in {"drop_after", "hang"}:
            server.transport.abort()
        return ACCEPTED

    def _next_step(self) -> str:
        chances = json.loads(self.chances.read_text()) if self.chances.exists() else {}
        throw = self.dice.random()
        for step in STEPS:
            throw -= chances.get(step, 0)
            if throw < 0:
                return step
        return ""

    def _accept(self, message_id: str, recipients: list[str]) -> None:
        queue_id = f"{self.dice.getrandbits(40):010X}"
        lines = [
            f"postfix/cleanup[12]: {queue_id}: message-id={message_id}",
            f"postfix/qmgr[13]: {queue_id}: from=<no-reply@outreach.example>, size=1, nrcpt=1 (queue active)",
            *(f"postfix/smtp[14]: {queue_id}: to=<{recipient}>, status=sent" for recipient in recipients),
        ]
        with self.log.open("a") as log:
            log.write("".join(f"Nov 28 10:00:00 relay {line}\n" for line in lines))


def accepted(folder: Path) -> Counter[str]:
    """Count what the sink of a folder took, by Message-ID."""
    return Counter(ACCEPTED_LINE.findall((folder / "relay.log").read_text()))


async def _serve(sink: Sink, port: int) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(sink, hostname="relay.example", loop=loop, enable_SMTPUTF8=False), "127.0.0.1", port
    )


@contextlib.contextmanager
def running(sink: Sink) -> Iterator[int]:
    """Run a sink in a thread of this process; yield its port."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_serve(sink, 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_cancel_sessions())
        loop.close()


async def _cancel_sessions() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _serve_for_ever(sink: Sink, port: int) -> None:
    async with await _serve(sink, port) as server:
        await server.serve_forever()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    asyncio.run(_serve_for_ever(Sink(chosen.folder, seed=chosen.seed), chosen.port))


if __name__ == "__main__":
    main()
