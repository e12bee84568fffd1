"""Chains of deputies and successors end well, however they are tied."""

from __future__ import annotations

import pytest

from outreach.rules.stand_ins import Post, stand_in

HERE = Post(is_active=True, is_away=False, deputy_id=None, successor_id=None)


def away(deputy: int | None = None) -> Post:
    return Post(is_active=True, is_away=True, deputy_id=deputy, successor_id=None)


def left(successor: int | None = None) -> Post:
    return Post(is_active=False, is_away=False, deputy_id=None, successor_id=successor)


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ({1: HERE}, 1),
        ({1: away(2), 2: HERE}, 2),
        ({1: away()}, None),
        ({1: left(2), 2: HERE}, 2),
        ({1: left()}, None),
        ({1: away(2), 2: away(3), 3: HERE}, 3),
        ({1: away(2), 2: left(3), 3: HERE}, 3),
        ({1: left(2), 2: away(3), 3: HERE}, 3),
        ({1: left(2), 2: left(3), 3: left(4), 4: HERE}, 4),
        ({1: away(2), 2: away(1)}, None),
        ({1: away(2), 2: away(3), 3: away(2)}, None),
        ({1: left(2), 2: left(1)}, None),
        ({1: away(1)}, None),
        ({1: away(9)}, None),  # of another ministry, or a viewer
        ({}, None),
    ],
)
def test_the_chain_ends_at_who_acts_or_at_nobody(posts: dict[int, Post], expected: int | None) -> None:
    assert stand_in(1, posts) == expected


def test_a_deputy_who_was_named_for_later_is_not_asked_now() -> None:
    present_with_deputy = Post(is_active=True, is_away=False, deputy_id=2, successor_id=None)

    assert stand_in(1, {1: present_with_deputy, 2: HERE}) == 1
