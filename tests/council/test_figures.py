"""The figures of a round are those that one counts by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from followup.models import Round
from followup.rules.figures import percentage
from followup.services.figures import count_figures
from outreach.models import BodyCategory
from tests.council.conftest import owe, submit, use
from tests.factories import NOW, TODAY, make_body, make_channel, make_notification, make_round

pytestmark = pytest.mark.django_db


def test_notified_bodies_are_counted_by_ministry_template_and_category(collection: Round) -> None:
    report = owe(collection)
    ministry = report.assignment.ministry
    for category, issued_on in (
        (BodyCategory.INDUSTRY, date(2023, 9, 1)),
        (BodyCategory.INDUSTRY, None),
        (BodyCategory.SPECIAL, date(2023, 9, 4)),
    ):
        make_notification(report.assignment, make_body(ministry, category=category), issued_on=issued_on)

    progress = count_figures(round=collection, now=NOW).progress

    [row] = progress.ministries
    assert (row.aimed, row.issued, row.issue_rate) == (3, 2, 66.7)
    assert (row.issued_by_template_1, row.issued_by_template_2) == (1, 1)
    assert [(cell.template_number, cell.category, cell.aimed, cell.issued) for cell in row.counts] == [
        (1, "industry", 2, 1),
        (2, "special", 1, 1),
    ]
    assert [(day.day, day.issued, day.issued_so_far) for day in progress.days] == [
        (date(2023, 9, 1), 1, 1),
        (date(2023, 9, 4), 1, 2),
    ]


def test_a_body_of_two_ministries_is_two_in_gross_and_one_in_distinct_numbers(collection: Round) -> None:
    for name, number in (("日本 協会", "5010405010596"), ("日本協会（本部）", "5010405010596")):
        report = owe(collection)
        make_notification(
            report.assignment, make_body(report.assignment.ministry, name=name, corporate_number=number)
        )
    for name in ("全国　組合", "全国組合"):
        report = owe(collection)
        make_notification(report.assignment, make_body(report.assignment.ministry, name=name))

    progress = count_figures(round=collection, now=NOW).progress

    assert (progress.aimed, progress.distinct_aimed) == (4, 2)
    assert (progress.issued, progress.distinct_issued) == (4, 2)
    [category] = progress.categories
    assert (category.issued, category.distinct_issued) == (4, 2)


def test_a_body_that_was_only_chosen_is_aimed_at_and_not_notified(collection: Round) -> None:
    make_notification(owe(collection).assignment, issued_on=None)

    progress = count_figures(round=collection, now=NOW).progress

    assert (progress.distinct_aimed, progress.distinct_issued) == (1, 0)
    assert progress.days == ()


def test_a_notice_counts_once_for_each_of_its_channels(collection: Round) -> None:
    mail, paper, unused = (make_channel() for _ in range(3))
    assignment = owe(collection).assignment
    use(make_notification(assignment), mail, paper)
    use(make_notification(assignment), mail)
    use(make_notification(assignment, issued_on=None), paper)

    channels = count_figures(round=collection, now=NOW).progress.channels

    assert [(channel.code, channel.issued) for channel in channels] == [
        (mail.code, 2),
        (paper.code, 1),
        (unused.code, 0),
    ]


def test_notices_of_another_request_are_not_counted(collection: Round) -> None:
    owe(collection)
    other = make_round(council=collection.council)
    make_notification(owe(other).assignment)

    progress = count_figures(round=collection, now=NOW).progress

    assert (progress.aimed, progress.distinct_aimed, progress.distinct_issued) == (0, 0, 0)
    assert (progress.categories, progress.days) == ((), ())


def test_who_submitted_answered_and_who_did_not_is_named_with_the_reason(collection: Round) -> None:
    submit(owe(collection))
    draft, overdue = owe(collection), owe(collection, due_on=TODAY - timedelta(days=1))

    progress = count_figures(round=collection, now=NOW).progress

    assert (progress.asked, progress.submitted, progress.response_rate) == (3, 1, 33.3)
    assert [(row.report_id, row.non_response_reason) for row in progress.non_responders] == [
        (draft.pk, "期限前（作成中）"),
        (overdue.pk, "期限超過（作成中）"),
    ]


def test_a_ministry_without_bodies_is_counted_whether_it_said_so_before_or_in_the_report(
    collection: Round,
) -> None:
    before, within = owe(collection), owe(collection)
    before.assignment.no_body_reason = "所管する団体がない"
    before.assignment.save(update_fields=["no_body_reason"])
    submit(within, no_body_reason="対象がない")
    owe(collection)

    progress = count_figures(round=collection, now=NOW).progress

    assert progress.no_body == 2
    assert [row.issue_rate for row in progress.ministries] == [None, None, None]


@pytest.mark.parametrize(
    ("hour", "minute", "day", "late"), [(23, 59, 6, False), (0, 0, 7, True)], ids=["last minute", "next day"]
)
def test_the_first_version_is_late_from_the_day_after_the_due_date_in_tokyo(
    collection: Round, hour: int, minute: int, day: int, late: bool
) -> None:
    at = datetime(2023, 10, day, hour, minute, tzinfo=ZoneInfo("Asia/Tokyo"))
    report = owe(collection)
    submit(report, at=at)
    submit(report, number=2, at=at + timedelta(days=20))

    progress = count_figures(round=collection, now=NOW).progress

    assert progress.late == int(late)
    assert progress.ministries[0].versions == 2


def test_only_the_latest_version_is_counted(collection: Round) -> None:
    report = owe(collection)
    notification = make_notification(report.assignment)
    submit(report, answers={"issue_style": "mail"}, rows={notification: {"reach_status": "planned"}})
    submit(report, number=2, answers={"issue_style": "memo"}, rows={notification: {"reach_status": "done"}})

    answers = count_figures(round=collection, now=NOW).answers

    chosen = {choice.code for row in answers.questions for choice in row.choices if choice.count}
    assert chosen == {"done", "memo"}
    assert {row.answered for row in answers.questions} == {0, 1}


def test_the_reach_counts_only_bodies_that_gave_both_numbers(collection: Round) -> None:
    report = owe(collection)
    rows = [
        {"member_count": 200, "reached_member_count": 50},
        {"member_count": 100, "reached_member_count": 0},
        {"member_count": 999},
        {"reached_member_count": 999},
        {},
    ]
    submit(report, rows={make_notification(report.assignment): row for row in rows})

    answers = count_figures(round=collection, now=NOW).answers

    reach = answers.member_reach
    assert reach is not None
    assert (reach.bodies, reach.members, reach.reached) == (2, 300, 50)
    assert answers.member_reach_of == {report.pk: reach}
    assert answers.bodies == 4


def test_zero_is_an_answer_and_blank_is_none(collection: Round) -> None:
    report = owe(collection)
    rows: list[dict[str, object]] = [{"onsite_count": 0}, {}]
    submit(report, rows={make_notification(report.assignment): row for row in rows})

    question = count_figures(round=collection, now=NOW).answers.question("onsite_count")

    assert question is not None
    assert (question.answered, question.total) == (1, Decimal(0))


def test_every_choice_of_an_answer_is_counted(collection: Round) -> None:
    submit(owe(collection), answers={"insurance_methods": ["mail", "other"], "has_bodies": False})

    answers = count_figures(round=collection, now=NOW).answers

    methods, has_bodies = answers.question("insurance_methods"), answers.question("has_bodies")
    assert methods is not None
    assert has_bodies is not None
    assert {choice.label for choice in methods.choices if choice.count} == {"メール", "その他"}
    assert [(choice.label, choice.count) for choice in has_bodies.choices] == [("はい", 0), ("いいえ", 1)]


def test_a_form_without_the_question_gives_no_figure_instead_of_zero() -> None:
    collection = make_round()
    submit(owe(collection))

    answers = count_figures(round=collection, now=NOW).answers

    assert answers.member_reach is None
    assert answers.question("member_count") is None


def test_counting_takes_as_many_queries_for_many_rows_as_for_one(
    collection: Round, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    channel = make_channel()

    for _ in range(2):
        for _ in range(4):
            report = owe(collection)
            notifications = [use(make_notification(report.assignment), channel) for _ in range(3)]
            submit(report, rows={row: {"reach_status": "done"} for row in notifications})
        with django_assert_num_queries(14):
            count_figures(round=collection, now=NOW)


def test_an_empty_round_has_no_rates(collection: Round) -> None:
    figures = count_figures(round=collection, now=NOW)

    assert figures.progress.ministries == ()
    assert (figures.progress.response_rate, figures.progress.issue_rate) == (None, None)


@pytest.mark.parametrize(
    ("numerator", "denominator", "percent"),
    [
        (0, 0, None),
        (0, 3, 0.0),
        (3, 3, 100.0),
        (1, 3, 33.3),
        (1, 16, 6.3),
        (9999, 10000, 99.9),
        (1, 10000, 0.1),
    ],
)
def test_percentages_are_rounded_as_on_paper(numerator: int, denominator: int, percent: float | None) -> None:
    assert percentage(numerator, denominator) == percent
