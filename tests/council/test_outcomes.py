"""What bodies and ministries report to have done, counted as one counts by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from followup.models import FormVersion, Question, Round
from followup.rules import round_figures
from followup.rules.figures import DEFINITION, Figures
from followup.rules.outcomes import Outcomes
from followup.rules.round_figures import fair_shares
from followup.services.figures import count_figures
from outreach.models import BodyCategory
from tests.council.conftest import owe, submit
from tests.factories import NOW, make_body, make_notification, make_round, make_staff


def count(collection: Round) -> Figures:
    return count_figures(round=collection, now=NOW)


@pytest.mark.django_db
def test_what_bodies_did_is_counted_by_ministry_and_as_a_whole(collection: Round) -> None:
    first, second = owe(collection), owe(collection)
    rows: list[dict[str, object]] = [
        {"reach_status": "done", "forwarded": True, "onsite_count": 3, "reached_staff_count": 20},
        {"reach_status": "done", "forwarded": False, "onsite_count": 0},
        {"reach_status": "planned"},
        {},
    ]
    submit(first, rows={make_notification(first.assignment): row for row in rows})
    submit(second, rows={make_notification(second.assignment): {"reach_status": "done", "forwarded": True}})

    outcomes = count(collection).outcomes

    assert (outcomes.answered_bodies, outcomes.spread, outcomes.spread_rate) == (4, 3, 75.0)
    assert (outcomes.forwarded, outcomes.onsite_bodies) == (2, 1)
    assert outcomes.onsite_times is not None
    assert (outcomes.onsite_times.answered, outcomes.onsite_times.total) == (2, Decimal(3))
    assert [(row.spread, row.forwarded) for row in outcomes.by_ministry] == [(2, 1), (1, 1)]
    assert [row.onsite_times and row.onsite_times.shown for row in outcomes.by_ministry] == [3, None]


@pytest.mark.django_db
def test_the_promotion_among_own_staff_counts_ministries_that_did_something(collection: Round) -> None:
    submit(owe(collection), answers={"insurance_methods": ["mail", "poster"], "insurance_staff": 1200})
    submit(owe(collection), answers={"insurance_methods": ["none"], "insurance_staff": 0})
    submit(owe(collection), answers={"account_methods": ["other"], "account_methods__other": "朝礼"})

    outcomes = count(collection).outcomes

    assert (outcomes.insurance_ministries, outcomes.account_ministries) == (1, 1)
    assert outcomes.insurance_staff is not None
    assert outcomes.account_staff is not None
    assert (outcomes.insurance_staff.answered, outcomes.insurance_staff.shown) == (2, Decimal(1200))
    assert outcomes.account_staff.shown is None


@pytest.mark.django_db
def test_remarks_come_with_ministry_body_and_consent(collection: Round) -> None:
    report = owe(collection)
    told = "長い話。" * 2_500
    rows: list[dict[str, object]] = [
        {"good_practice": "公表しない例"},
        {"good_practice": told, "good_practice_public": True, "obstacle": "名簿がない"},
    ]
    notices = [make_notification(report.assignment) for _ in rows]
    submit(report, rows=dict(zip(notices, rows, strict=True)))

    figures = count(collection)

    assert [(row.kind, row.body, row.is_public) for row in figures.remarks] == [
        ("practice", notices[1].body.name, True),
        ("practice", notices[0].body.name, False),
        ("obstacle", notices[1].body.name, False),
    ]
    assert figures.remarks[0].text == told
    assert {row.ministry for row in figures.remarks} == {report.assignment.ministry.name}
    outcomes = figures.outcomes
    assert (outcomes.practices, outcomes.public_practices) == (2, 1)
    assert (outcomes.obstacles, outcomes.public_obstacles) == (1, 0)


@pytest.mark.django_db
def test_of_too_many_remarks_each_ministry_keeps_its_share(
    collection: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_figures, "REMARKS_KEPT", 3)
    many, few = owe(collection), owe(collection)
    submit(many, rows={make_notification(many.assignment): {"good_practice": f"例{n}"} for n in range(5)})
    submit(few, rows={make_notification(few.assignment): {"good_practice": "一つだけ"}})

    figures = count(collection)

    kept = [row.ministry_id for row in figures.remarks]
    assert kept == [many.assignment.ministry_id] * 2 + [few.assignment.ministry_id]
    assert (figures.outcomes.practices_left_out, figures.outcomes.remarks_left_out) == (3, 3)


def test_places_are_shared_in_turns() -> None:
    assert fair_shares([5, 1, 0, 9], 8) == [3, 1, 0, 4]
    assert fair_shares([1, 2], 8) == [1, 2]
    assert fair_shares([], 8) == []


@pytest.mark.django_db
def test_who_has_not_submitted_is_blank_and_not_zero(collection: Round) -> None:
    owe(collection)

    [row] = count(collection).outcomes.by_ministry

    assert not row.has_submitted
    assert (row.spread, row.forwarded, row.practices, row.member_reach) == (None, None, None, None)


@pytest.mark.django_db
def test_a_form_that_does_not_ask_gives_nothing_instead_of_zero() -> None:
    collection = make_round()
    submit(owe(collection))

    outcomes = count(collection).outcomes

    assert (outcomes.spread, outcomes.insurance_staff, outcomes.practices) == (None, None, None)


@pytest.mark.django_db
def test_an_empty_round_counts_nothing_and_fails_nowhere(collection: Round) -> None:
    figures = count(collection)

    assert figures.outcomes.by_ministry == ()
    assert (figures.outcomes.spread, figures.outcomes.spread_rate) == (0, None)
    assert (figures.remarks, figures.rulings) == ((), ())


@pytest.mark.django_db
def test_ministries_that_all_have_no_body_have_no_rates(collection: Round) -> None:
    for _ in range(2):
        submit(owe(collection), no_body_reason="所管する団体がない", answers={"has_bodies": False})

    figures = count(collection)

    assert (figures.progress.no_body, figures.progress.submitted, figures.progress.issue_rate) == (2, 2, None)
    assert (figures.outcomes.answered_bodies, figures.outcomes.spread_rate) == (0, None)
    assert [row.member_reach and row.member_reach.rate for row in figures.outcomes.by_ministry] == [None] * 2


@pytest.mark.django_db
def test_a_body_that_two_ministries_tell_of_answers_twice(collection: Round) -> None:
    for _ in range(2):
        report = owe(collection)
        body = make_body(
            report.assignment.ministry, name="全国組合", corporate_number="5010405010596",
            category=BodyCategory.INDUSTRY,
        )  # fmt: skip
        row = {"reach_status": "done", "member_count": 10, "reached_member_count": 4}
        submit(report, rows={make_notification(report.assignment, body): row})

    figures = count(collection)

    assert (figures.progress.issued, figures.progress.distinct_issued) == (2, 1)
    assert figures.outcomes.member_reach is not None
    assert (figures.outcomes.member_reach.bodies, figures.outcomes.member_reach.members) == (2, 20)


def _publish(collection: Round, number: int, **question: object) -> FormVersion:
    """Write a version with one question under a key that an earlier one may have asked otherwise."""
    version = FormVersion.objects.create(round=collection, number=number)
    asked = {"key": "onsite_count", "scope": "body", "label": f"第{number}版の設問", "order": 1}
    Question.objects.create(form_version=version, **(asked | question))
    FormVersion.objects.filter(pk=version.pk).update(
        published_at=NOW, published_by=make_staff(), content_hash="0" * 64
    )
    return version


@pytest.mark.django_db
def test_a_question_that_changed_its_kind_is_counted_apart_from_what_it_was() -> None:
    collection = make_round()
    _publish(collection, 2, type="integer", unit="回")
    before = owe(collection)
    submit(before, rows={make_notification(before.assignment): {"onsite_count": 3}})
    choices = [{"code": "some", "label": "実施した", "is_other": False}]
    _publish(collection, 3, type="single", choices=choices)
    after = owe(collection)
    submit(after, rows={make_notification(after.assignment): {"onsite_count": "some"}})

    figures = count(collection)

    newest = figures.answers.question("onsite_count")
    assert newest is not None
    assert (newest.label, newest.answered, [row.count for row in newest.choices]) == ("第3版の設問", 1, [1])
    [former] = [row for row in figures.answers.questions if row.is_former]
    assert (former.label, former.answered, former.total) == ("第2版の設問", 1, Decimal(3))
    assert [row.onsite_bodies for row in figures.outcomes.by_ministry] == [1, None]


@pytest.mark.django_db
def test_a_choice_that_a_later_version_dropped_is_still_counted() -> None:
    collection = make_round()
    old = [{"code": code, "label": code, "is_other": False} for code in ("a", "b")]
    _publish(collection, 2, key="kind", type="single", choices=old)
    report = owe(collection)
    submit(report, rows={make_notification(report.assignment): {"kind": "b"}})
    _publish(collection, 3, key="kind", type="single", choices=old[:1])

    question = count(collection).answers.question("kind")

    assert question is not None
    assert [(row.code, row.count) for row in question.choices] == [("a", 0), ("b", 1)]


def test_every_outcome_has_a_definition() -> None:
    reach = {"member_reach_bodies", "member_count", "reached_member_count", "member_reach_rate"}
    counted = set(Outcomes.__dataclass_fields__) - {
        "by_ministry", "practices_left_out", "obstacles_left_out", "member_reach", "spread_answered",
    }  # fmt: skip

    assert counted | reach <= DEFINITION.keys()
