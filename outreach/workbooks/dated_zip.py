"""Zips whose entries all bear one date, so that the same entries give the same bytes whenever packed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO

BLOCK = 1 << 20


def write_dated_zip(
    target: Path | IO[bytes], entries: Iterable[tuple[str, Path | bytes]], *, at: datetime
) -> None:
    """Pack (name, content) in their order; `at` is the local time that the entries show."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name, date_time=at.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with _opened(content) as source, archive.open(entry, "w") as packed:
                while block := source.read(BLOCK):
                    packed.write(block)


def _opened(content: Path | bytes) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def repacked(content: bytes, *, at: datetime) -> bytes:
    """Return a zip with the same entries, all of them bearing one date."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        write_dated_zip(target, ((name, archive.read(name)) for name in archive.namelist()), at=at)
    return target.getvalue()
