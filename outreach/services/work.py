"""Claim work items, tell how far they are, and let go of those that cannot be done.

A worker claims an item by a guarded UPDATE; only the one that holds the claim may finish it or tell
of its failure. Queries are handed in, so that each kind of item keeps its own table and manager.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.db.models import F

from outreach.models.work import WorkItem, WorkQuerySet, WorkState
from outreach.services.errors import Refusal

Item = TypeVar("Item", bound=WorkItem)
Later = Callable[[], datetime]
"""Tells the instant so much later than the start as has really passed."""
STALE_AFTER = timedelta(minutes=35)
"""A worker that has not finished by then is dead: its task would have been ended at 30 minutes."""
MAX_ATTEMPTS = 3
GAVE_UP = "作成が途中で止まる状態が続いたため、取りやめました。システム管理者に連絡してください。"


def claim(rows: WorkQuerySet, *, pk: int, now: datetime, **changes: Any) -> bool:
    """Take an item of `rows` that waits, or that a dead worker left; False when there is nothing to take.

    One whose workers died too often fails, so that it takes no more of them with it.
    """
    waiting = rows.filter(pk=pk).unfinished(stale_before=now - STALE_AFTER)
    worn_out = waiting.filter(attempts__gte=MAX_ATTEMPTS)
    if worn_out.update(state=WorkState.FAILED, error=GAVE_UP, finished_at=now):
        return False
    claimed = waiting.update(
        state=WorkState.RUNNING,
        claimed_at=now,
        attempts=F("attempts") + 1,
        progress=0,
        error="",
        **changes,
    )
    return bool(claimed)


def show_progress(rows: WorkQuerySet, *, item: WorkItem, percent: int) -> None:
    rows.held_by(item).update(progress=percent)


def finish(rows: WorkQuerySet, *, item: WorkItem, now: datetime, **changes: Any) -> bool:
    """Finish an item with what was made; False when another worker has taken it over."""
    done = rows.held_by(item).update(state=WorkState.DONE, progress=100, finished_at=now, **changes)
    return bool(done)


def fail(rows: WorkQuerySet, *, item: WorkItem, reason: str, now: datetime, **changes: Any) -> bool:
    """Fail an item with what a user may read; False when another worker has taken it over."""
    failed = rows.held_by(item).update(state=WorkState.FAILED, error=reason[:300], finished_at=now, **changes)
    return bool(failed)


def carry_out(
    item: Item | None, *, do: Callable[[Item, Later], bool], fail: Callable[..., None], now: datetime
) -> bool:
    """Do what a claimed item asks for; return False when there is none, or another has taken it.

    Why it could not be done stays with it, in words that a user may read: `fail` takes the item, the
    reason and now. What nobody foresaw is raised again, for the log.
    """
    if item is None:
        return False
    later = stopwatch(now)
    try:
        return do(item, later)
    except Refusal as refusal:
        fail(item=item, reason=refusal.message, now=later())
        return True
    except Exception as error:
        fail(item=item, reason=break_off(error), now=later())
        raise


def break_off(error: Exception) -> str:
    """Let go of what an unforeseen error has broken off; return what a user may read of it.

    A time limit strikes anywhere, also in the middle of a query: that connection is good for nothing.
    """
    if not connection.in_atomic_block:
        connection.close()
    return _told(error)


def _told(error: Exception) -> str:
    if isinstance(error, SoftTimeLimitExceeded):
        return (
            "決められた時間内に終わらなかったため、打ち切りました。混み合っていない時間にもう一度実行し、"
            "同じ場合は、システム管理者に連絡してください。"
        )
    if isinstance(error, MemoryError):
        return (
            "使えるメモリーの上限を超えたため、打ち切りました。件数を減らして実行するか、"
            "システム管理者に連絡してください。"
        )
    if isinstance(error, OSError):
        return "ファイルを保存できませんでした。保存先の空き容量を確かめてから、もう一度実行してください。"
    return (
        "処理の途中で問題が起きました。もう一度実行しても同じ場合は、システム管理者に連絡してください"
        f"（{type(error).__name__}）。"
    )


def stopwatch(start: datetime) -> Later:
    """Return what tells the instant so much later than the start as has really passed."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)
