"""Ask the servers beside the database whether they are there: shortly, with an end to the waiting."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from outreach.rules.task_table import Queue

SECONDS = 1
"""How long a server may take to answer before it counts as away."""


@dataclass(frozen=True)
class Space:
    """Bytes of the file system that uploads are kept on."""

    free: int
    total: int


def waiting_messages() -> Mapping[Queue, int] | None:
    """Return how many messages wait in each queue; None when the broker does not answer.

    Messages are bells only, and what expired meanwhile is among them until a worker takes it.
    """
    if not settings.REDIS_URL:
        folder = Path(str(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"]))
        return {queue: len(list(folder.glob(f"*.{queue}.msg"))) for queue in Queue}
    options = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
    try:
        with Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **options) as redis:
            pipeline = redis.pipeline(transaction=False)
            for queue in Queue:
                pipeline.llen(queue)
            return dict(zip(Queue, pipeline.execute(), strict=True))
    except (RedisError, OSError):
        return None


def is_cache_there() -> bool:
    try:
        cache.set("status", "there", timeout=60)
        return bool(cache.get("status") == "there")
    except (RedisError, OSError):
        return False


def storage_space() -> Space | None:
    """Return the space left for uploads, as the machine that is asked sees it; None without the folder."""
    try:
        usage = shutil.disk_usage(settings.MEDIA_ROOT)
    except OSError:
        return None
    return Space(free=usage.free, total=usage.total)
