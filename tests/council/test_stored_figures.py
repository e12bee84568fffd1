"""Figures are read from the database as they were counted, and older ones still."""

from __future__ import annotations

import json
from typing import Any

import pytest

from followup.models import Round
from followup.rules.figures import Figures
from followup.rules.stored_figures import EDITION, as_json, from_json
from followup.services.figures import count_figures
from outreach.rules.refusal import Refusal
from tests.council.conftest import owe, submit, use
from tests.factories import NOW, make_channel, make_notification


@pytest.fixture
def figures(collection: Round) -> Figures:
    report = owe(collection)
    row = use(make_notification(report.assignment), make_channel())
    submit(
        report,
        answers={"insurance_methods": ["mail"], "insurance_staff": 1200},
        rows={
            row: {
                "reach_status": "done",
                "member_count": 200,
                "reached_member_count": 50,
                "good_practice": "一行目\n二行目",
            }
        },
    )
    owe(collection, due_on=None)
    return count_figures(round=collection, now=NOW)


def _stored(figures: Figures) -> dict[str, Any]:
    """Return figures as the database gives them back."""
    return dict(json.loads(json.dumps(as_json(figures))))


@pytest.mark.django_db
def test_what_was_stored_is_read_as_it_was_counted(figures: Figures) -> None:
    assert from_json(_stored(figures)) == figures
    assert as_json(from_json(_stored(figures))) == as_json(figures)


@pytest.mark.django_db
def test_figures_of_the_first_edition_are_read_with_blanks_for_what_they_did_not_count(
    figures: Figures,
) -> None:
    stored = _stored(figures)
    for later in ("edition", "outcomes", "remarks", "rulings"):
        del stored[later]
    for question in stored["answers"]["questions"]:
        del question["is_former"]

    read = from_json(stored)

    assert (read.progress, read.answers) == (figures.progress, figures.answers)
    assert read.outcomes.forwarded is None
    assert read.outcomes.answered_bodies == 1
    assert [row.member_reach for row in read.outcomes.by_ministry] == [figures.answers.member_reach, None]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "told"),
    [({"edition": EDITION + 1}, "新しい版"), ({"progress": None}, "壊れている")],
    ids=["newer", "broken"],
)
def test_what_cannot_be_read_is_refused_in_words(figures: Figures, change: dict[str, Any], told: str) -> None:
    with pytest.raises(Refusal, match=told):
        from_json(_stored(figures) | change)
