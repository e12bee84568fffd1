"""Who acts for an officer who is away or has left (代理・後任), along any chain of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Post:
    """One officer on one day; deputy and successor are ids of officers, who may be away or gone, too."""

    is_active: bool
    is_away: bool
    deputy_id: int | None
    successor_id: int | None

    @property
    def next_id(self) -> int | None:
        """Who is asked instead; None when the officer acts in person, or named nobody."""
        if self.is_active:
            return self.deputy_id if self.is_away else None
        return self.successor_id


def stand_in(user_id: int, posts: Mapping[int, Post]) -> int | None:
    """Return who acts for an officer: most often the officer; None when the chain leads to nobody.

    Who is not among the posts cannot act (of another ministry, or a viewer). A circle ends: nobody is
    asked twice.
    """
    asked: set[int] = set()
    current: int | None = user_id
    while current is not None and current in posts and current not in asked:
        post = posts[current]
        if post.is_active and not post.is_away:
            return current
        asked.add(current)
        current = post.next_id
    return None
