"""What differs between two versions, and merging two people's edits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from followup.rules.versions import Change, changes, differences, merge

ROWS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2) | st.booleans())


def test_differences_name_added_removed_and_changed_rows_and_answers() -> None:
    found = differences(
        ({"a": 1, "b": 2}, {1: {"x": 1}, 2: {"x": 1}, 3: {"x": 1}}),
        ({"a": 1, "b": 3}, {2: {"x": 2}, 3: {"x": 1}, 4: {}}),
    )

    assert found.answers == [Change("b", 2, 3)]
    assert (found.added, found.removed) == ([4], [1])
    assert found.changed == {2: [Change("x", 1, 2)]}


def test_blank_is_not_zero_and_no_is_not_zero() -> None:
    assert changes({"a": 0}, {}) == [Change("a", 0, None)]
    assert changes({"a": 0}, {"a": False}) == [Change("a", 0, False)]


def test_changes_come_in_the_order_of_the_form() -> None:
    found = changes({"a": 1, "b": 1}, {"b": 2, "a": 2}, keys=["b", "a"])

    assert [change.key for change in found] == ["b", "a"]


@pytest.mark.parametrize(
    ("seen", "mine", "theirs", "merged", "conflicts"),
    [
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": 1}, {"a": 3}, {"a": 3}, []),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}, []),
        ({"a": 1}, {"a": 2}, {"a": 3}, {"a": 2}, [Change("a", 3, 2)]),
        ({"a": 1}, {}, {"a": 1}, {}, []),
        ({"a": 1}, {}, {"a": 3}, {}, [Change("a", 3, None)]),
        ({}, {"a": 2}, {"b": 3}, {"a": 2, "b": 3}, []),
    ],
)
def test_two_edits_merge_field_by_field(
    seen: dict[str, int],
    mine: dict[str, int],
    theirs: dict[str, int],
    merged: dict[str, int],
    conflicts: list[Change],
) -> None:
    assert merge(seen, mine, theirs) == (merged, conflicts)


@given(ROWS, ROWS)
def test_where_nobody_else_saved_mine_is_what_is_stored(seen: dict[str, int], mine: dict[str, int]) -> None:
    merged, conflicts = merge(seen, mine, seen)

    assert changes(merged, mine) == []
    assert conflicts == []
