"""How often pages may be asked for that need no login: counted in the cache, in fixed windows."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache

WINDOW_SECONDS = 15 * 60


def is_too_often(*, what: str, whose: str, most: int) -> bool:
    """Count one more of `what` for whoever it is, and say whether that is beyond `most` in this window.

    The window counts real seconds, not those of a rehearsal. Keys hold a hash only.
    """
    window = int(time.time() // WINDOW_SECONDS)
    name = hashlib.sha256(f"{what}:{whose}".encode()).hexdigest()
    key = f"rate:{name}:{window}"
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    return cache.incr(key) > most
