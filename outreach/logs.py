"""Logs as lines of JSON that tell what happened, where and in which request or task, and of nobody.

No mail addresses, names, bodies, tokens, query strings or words of errors: those may hold any of them.
What people did stands in the trail (記録), which is kept, sealed and shown to those who may see it.
Only what is named here is written: what a library adds to a record stays out.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from celery import current_task
from django.http import HttpRequest
from pythonjsonlogger.json import JsonFormatter

REQUEST: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
"""The request that is being answered."""

FRAMES = 30
PRIVATE = (
    (re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+"), "[address]"),
    (re.compile(r"\?[^\s\"'<>]+"), "?[query]"),
    # 256 bits in any spelling; the ids of tasks are shorter between their hyphens, and written apart
    (re.compile(r"(?<![\w-])(?![\da-f]{8}-[\da-f]{4}-)[\w-]{32,}"), "[secret]"),
    # we write our own lines in English: Japanese in one is what somebody has entered
    (re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+"), "[text]"),
    (re.compile(r"(\\u[\da-f]{4}|%[\da-fA-F]{2})+"), "[text]"),
)
TOLD_BY_CELERY = {"name", "id", "description", "runtime", "hostname"}
"""Of what Celery says of a task; its arguments, its result and the words of its error are left out."""


class PrivateJsonFormatter(JsonFormatter):
    """Writes a record as one line, with what is known of where it happened."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, _message_dict: dict[str, Any]
    ) -> None:
        """Write what is named here instead of all that the record carries.

        The text of a traceback is left out with the words of its errors: `trace` says where it was.
        """
        log_data |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_private(_said(record)),
            **_where(),
            **getattr(record, "told", {}),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error:
            log_data |= {"error": type(error).__name__, "trace": list(_places(error))[-FRAMES:]}


def without_private(text: str) -> str:
    for pattern, instead in PRIVATE:
        text = pattern.sub(instead, text)
    return text


def route_of(request: HttpRequest) -> str:
    """Return the pattern of an address, without what stands in it."""
    match = request.resolver_match
    return f"/{match.route}" if match else "an address that is not there"


def numbers_in(request: HttpRequest) -> dict[str, int]:
    """Return the numbers that stand in an address: ids of rows."""
    found = request.resolver_match.kwargs if request.resolver_match else {}
    return {name: value for name, value in found.items() if isinstance(value, int)}


def _said(record: logging.LogRecord) -> str:
    """Return the message of a record, errors by their kind and addresses of pages by their pattern."""
    args: Any = record.args
    if isinstance(args, Mapping):
        args = {name: value if name in TOLD_BY_CELERY else "[left out]" for name, value in args.items()}
    elif args:
        args = tuple(_plain(arg, getattr(record, "request", None)) for arg in args)
    return str(record.msg) % args if args else str(record.msg)


def _plain(arg: Any, request: Any) -> Any:
    if isinstance(arg, BaseException):
        return type(arg).__name__
    if isinstance(request, HttpRequest) and arg in {request.path, _escaped(request.path)}:
        return route_of(request)
    return arg


def _escaped(text: str) -> str:
    """Return a path as Django writes it into its own records."""
    return text.encode("unicode_escape").decode("ascii")


def _where() -> dict[str, Any]:
    """Return the ids of the request and its user, or of the task; nothing is looked up for it."""
    request = REQUEST.get()
    if request is not None:
        user = getattr(request, "_cached_user", None)  # as Django's session has found it, if it has
        return {"request": request.id, "user": getattr(user, "pk", None)}  # type: ignore[attr-defined]
    if current_task:
        return {"task": current_task.name, "task_id": current_task.request.id}
    return {}


def _places(error: BaseException) -> Iterator[str]:
    """Yield where an error and those that caused it came from: kinds, files, lines, functions."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause:
        yield from _places(cause)
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} {frame.name}"
    yield type(error).__name__
