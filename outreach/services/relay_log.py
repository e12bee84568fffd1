"""Read the mail server's log: which mails did it accept? Its path is settings.MAIL_RELAY_LOG.

Any line that names a Message-ID tells that the mail was accepted (Exim, Sendmail, a plain list). Postfix
writes the Message-ID while it still reads the mail; there the queue manager's line counts.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

LONGEST_LINE = 64 * 1024
MESSAGE_ID = re.compile(rb"""[^\s<>="',;:{}\[\]()]+@[^\s<>="',;:{}\[\]()]+""")
POSTFIX_NAMES = re.compile(rb"/cleanup\[\d+\]: (\w+): (?:resent-)?message-id=<?([^>\s]+)")
POSTFIX_QUEUES = re.compile(rb"/qmgr\[\d+\]: (\w+): (?:from=.*queue active|removed)")


class RelayLogUnreadable(Exception):
    """The log is not there, or may not be read: nothing is known from it."""


@dataclass(frozen=True)
class Position:
    """The end of the log at some moment. `inode` tells the file from those that took its name later."""

    inode: int = 0
    offset: int = 0
    modified: int = 0

    def __str__(self) -> str:
        return f"{self.inode}:{self.offset}:{self.modified}"

    @classmethod
    def read(cls, text: str) -> Position:
        return cls(*map(int, text.split(":"))) if text else cls()


@dataclass
class _Reading:
    """What the lines have told so far."""

    wanted: frozenset[bytes]
    accepted: set[bytes] = field(default_factory=set)
    names: dict[bytes, bytes] = field(default_factory=dict)
    """Postfix: the wanted Message-ID of each queue id."""
    queued: set[bytes] = field(default_factory=set)
    has_queue_manager: bool = False

    def take(self, line: bytes) -> None:
        if named := POSTFIX_NAMES.search(line):
            if named[2] in self.wanted:
                self.names[named[1]] = named[2]
        elif queues := POSTFIX_QUEUES.search(line):
            self.has_queue_manager = True
            if queues[1] in self.names:
                self.queued.add(queues[1])
        elif b"@" in line and b"reject: " not in line:
            self.accepted |= self.wanted.intersection(MESSAGE_ID.findall(line))

    def found(self) -> set[bytes]:
        """Return the accepted ones; a log without the queue manager's lines is taken at its word."""
        queued = self.queued if self.has_queue_manager else self.names.keys()
        return self.accepted | {self.names[queue_id] for queue_id in queued}


def end_of_log() -> str:
    """Return where the log ends now, as text to keep; "" without a log."""
    if not settings.MAIL_RELAY_LOG:
        return ""
    try:
        status = Path(settings.MAIL_RELAY_LOG).stat()
    except OSError:
        return str(Position())
    return str(Position(status.st_ino, status.st_size, int(status.st_mtime)))


def find_accepted(*, message_ids: Collection[str], positions: Collection[str]) -> set[str]:
    """Return which of these Message-IDs the log names, read from the earliest of the positions on.

    Files that logrotate has moved away since are read too, and then the log from its start: neither its
    inode nor its length tell whether it is still the same. Memory does not grow with the log.
    Raise RelayLogUnreadable when the log cannot be read: then a mail's absence says nothing.
    """
    reading = _Reading(frozenset(message_id.strip("<>").encode() for message_id in message_ids))
    starts = [Position.read(position) for position in positions]
    try:
        files = _files(since=min(start.modified for start in starts))
        for path in files:
            is_rewritten = path == files[-1] and len(files) > 1
            for line in _lines(path, [Position()] if is_rewritten else starts):
                reading.take(line)
    except OSError as error:
        raise RelayLogUnreadable(str(error)) from error
    return {f"<{message_id.decode()}>" for message_id in reading.found()}


def _files(*, since: int) -> list[Path]:
    """Return the files that may have been written since then, oldest first; the log itself is the last."""
    log = Path(settings.MAIL_RELAY_LOG)
    rotated = [path for path in log.parent.glob(f"{log.name}[.-]*") if path.stat().st_mtime >= since]
    return [*sorted(rotated, key=lambda path: path.stat().st_mtime), log]


def _lines(path: Path, starts: Collection[Position]) -> Iterator[bytes]:
    with _open(path) as lines:
        if path.suffix != ".gz":
            lines.seek(_start(os.fstat(lines.fileno()), starts))
        while line := lines.readline(LONGEST_LINE):
            yield line


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _start(status: os.stat_result, starts: Collection[Position]) -> int:
    """Return where to begin in a file: at its start when a position lies in another, or beyond its end."""
    if any(start.inode != status.st_ino for start in starts):
        return 0
    earliest = min(start.offset for start in starts)
    return earliest if earliest <= status.st_size else 0
