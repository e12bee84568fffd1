"""A frozen result takes the kept counts: the same bytes as from every row, of one instant, and verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from followup.management.recount.rows import row_numbers
from followup.management.recount.stored import stored_numbers
from followup.management.recount.tally import differences
from followup.models import (
    AnswerChange,
    AnswerCount,
    CouncilReport,
    DistinctCount,
    FigureRuling,
    LedgerChange,
    LedgerCount,
    Report,
    Round,
    SubmittedAnswer,
)
from followup.rules.figures import Figures
from followup.rules.stored_figures import as_json
from followup.services import kept_answers, kept_ledger
from followup.services.council_reports import request_council_report
from followup.services.figures import count_figures
from followup.services.live_figures import keep_counts
from followup.workbooks import council_report
from outreach.models import Body, BodyCategory, Notification, User
from outreach.services import work
from tests.council.conftest import count_anew, make_ruling, owe, submit, use
from tests.factories import NOW, make_body, make_channel, make_notification

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=40)
VALUES: dict[str, tuple[Any, ...]] = {
    "reach_status": ("done", "planned", "not_done"),
    "reach_channels": (["mail"], ["website", "mail"], ["other"]),
    "member_count": (0, 1_200, 300),
    "reached_member_count": (0, 7),
    "forwarded": (True, False),
    "onsite_count": (0, 3),
    "good_practice": ("会報に掲載", "=1+1", "𠮷野家" * 100),
    "good_practice_public": (True, False),
    "obstacle": ("名簿がない",),
    "reached_on": ("2023-09-10",),
}


class World:
    """A round of some ministries that changes by chance, in every way that its figures can."""

    def __init__(self, collection: Round, staff: User, chance: Random) -> None:
        self._collection, self._staff, self._chance = collection, staff, chance
        self._channels = [make_channel(), make_channel(is_other=True)]
        for _ in range(3):
            self.let_a_ministry_in()
        for _ in range(4):
            self.submit()

    def change(self) -> None:
        """Change in one way; now and then the counts are brought up to date instead."""
        changes = [
            self.let_a_ministry_in, self.notify, self.issue, self.submit, self.rule, self.find_no_body,
            self.merge, self.rename, self.move, self.keep, self.keep,
        ]  # fmt: skip
        self._chance.choice(changes)()

    def let_a_ministry_in(self) -> None:
        report = owe(self._collection)
        for _ in range(self._chance.randrange(1, 4)):
            self._notify(report)

    def notify(self) -> None:
        self._notify(self._some_report())

    def _notify(self, report: Report) -> None:
        ministry, day = (
            report.assignment.ministry,
            self._chance.choice([None, date(2023, 9, 2), date(2023, 9, 5)]),
        )
        bodies = ministry.bodies.count()
        body = make_body(
            ministry,
            name=f"協会{self._chance.randrange(3)}-{bodies}",
            corporate_number=self._chance.choice(["", f"50104050100{bodies:02}"]),
            category=self._chance.choice(BodyCategory.values),
        )
        notice = make_notification(report.assignment, body, issued_on=day)
        use(notice, *self._chance.sample(self._channels, self._chance.randrange(3)))

    def issue(self) -> None:
        day = self._chance.choice([None, date(2023, 9, 7)])
        Notification.objects.filter(assignment=self._some_report().assignment).update(issued_on=day)

    def submit(self) -> None:
        report = self._some_report()
        rows = {notice: self._answers() for notice in report.assignment.notifications.all()}
        own = {"insurance_methods": self._chance.choice([["none"], ["mail", "other"]]), "insurance_staff": 12}
        number = report.submissions.count() + 1
        no_body = "" if rows else self._chance.choice(["", "所管する団体がない"])
        submit(report, number=number, answers=own, rows=rows, no_body_reason=no_body)

    def _answers(self) -> dict[str, Any]:
        keys = self._chance.sample(list(VALUES), self._chance.randrange(3, len(VALUES)))
        return {key: self._chance.choice(VALUES[key]) for key in keys}

    def rule(self) -> None:
        """Leave a submitted number out, or count another; where one has been ruled on, withdraw that."""
        rows = SubmittedAnswer.objects.filter(submission__is_latest=True).order_by("pk")
        told = [(row, key) for row in rows for key in ("member_count", "onsite_count") if key in row.answers]
        if not told:
            return
        row, key = self._chance.choice(told)
        ruled = FigureRuling.objects.active().filter(notification=row.notification, question_key=key)
        if not ruled.update(withdrawn_at=NOW, withdrawn_by=self._staff):
            corrected = self._chance.choice([None, 77])
            value = row.answers[key]
            make_ruling(row.submission.report, row.notification, key, value, corrected, actor=self._staff)

    def find_no_body(self) -> None:
        assignment = self._some_report().assignment
        assignment.no_body_reason = self._chance.choice(["", "所管する団体がない"])
        assignment.save(update_fields=["no_body_reason"])

    def merge(self) -> None:
        """Give one body of a ministry, or of another one, the number that makes all of these one."""
        bodies = Body.objects.filter(ministry=self._some_report().assignment.ministry)
        bodies.update(corporate_number="")
        first = bodies.order_by("pk").first()
        if first is not None:
            Body.objects.filter(pk=first.pk).update(corporate_number="5010405010596")

    def rename(self) -> None:
        """Name a body as the one at the same place in other ministries' lists may be named."""
        bodies = list(Body.objects.filter(ministry=self._some_report().assignment.ministry).order_by("pk"))
        if bodies:
            place = self._chance.randrange(len(bodies))
            bodies[place].name = f"組合{place}"
            bodies[place].save(update_fields=["name"])

    def move(self) -> None:
        """Let another ministry have notified a body."""
        first = Notification.objects.order_by("pk")[0]
        Notification.objects.filter(pk=first.pk).update(assignment=self._some_report().assignment)

    def keep(self) -> None:
        keep_counts(now=NOW)

    def _some_report(self) -> Report:
        return self._chance.choice(list(Report.objects.filter(round=self._collection).order_by("pk")))


def _bytes(figures: Figures) -> bytes:
    return json.dumps(as_json(figures), ensure_ascii=False).encode()


@pytest.mark.parametrize("seed", range(2))
def test_kept_counts_give_the_same_bytes_as_every_row(collection: Round, staff: User, seed: int) -> None:
    world = World(collection, staff, Random(seed))  # noqa: S311

    for _ in range(15):
        world.change()

        frozen = count_figures(round=collection, now=LATER)
        assert _bytes(frozen) == _bytes(count_anew(collection, now=LATER))
        counted = row_numbers(collection.pk, as_of=LATER)
        assert differences(stored_numbers(as_json(frozen)), counted) == []


@pytest.fixture
def kept(collection: Round) -> Notification:
    """Return a notified body of which everything is kept; another ministry has submitted, too."""
    report = owe(collection)
    notice = use(make_notification(report.assignment), make_channel())
    submit(report, rows={notice: {"reach_status": "done", "onsite_count": 2}})
    submit(owe(collection), no_body_reason="所管する団体がない")
    keep_counts(now=NOW)
    return notice


def test_what_is_kept_is_not_counted_again(
    collection: Round, kept: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(kept_answers, "count_tallies")
    monkeypatch.delattr(kept_ledger, "count_ledgers")
    monkeypatch.delattr(kept_ledger, "count_distinct")

    figures = count_figures(round=collection, now=LATER)

    assert (figures.progress.issued, figures.progress.distinct_issued, figures.outcomes.spread) == (1, 1, 1)


def test_what_changed_since_it_was_kept_is_counted_in_the_read_which_writes_nothing(
    collection: Round, kept: Notification
) -> None:
    make_notification(kept.assignment)
    submit(kept.assignment.reports.get(), number=2, rows={kept: {"onsite_count": 5}})
    before = [
        list(model.objects.values()) for model in (LedgerCount, LedgerChange, AnswerCount, AnswerChange)
    ]

    figures = count_figures(round=collection, now=LATER)

    after = [list(model.objects.values()) for model in (LedgerCount, LedgerChange, AnswerCount, AnswerChange)]
    assert figures.progress.distinct_aimed == 2
    assert figures.outcomes.onsite_times is not None
    assert figures.outcomes.onsite_times.total == Decimal(5)
    assert after == before


def _freeze(collection: Round, staff: User) -> CouncilReport:
    order = request_council_report(round=collection, actor=staff, now=LATER)
    council_report.build_council_report(council_report_id=order.pk, now=LATER)
    order.refresh_from_db()
    return order


def test_a_result_is_as_of_when_its_rows_began_to_be_read_and_not_of_when_it_was_taken_up(
    collection: Round, kept: Notification, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bringing the counts of a very large round up to date for the first time takes a while."""
    clock = iter([LATER, LATER + timedelta(seconds=9), LATER + timedelta(seconds=60)])
    monkeypatch.setattr(work, "stopwatch", lambda _start: lambda: next(clock))

    frozen = _freeze(collection, staff)

    assert frozen.as_of == LATER + timedelta(seconds=9)


def _count_one_notice_more(row: LedgerCount) -> None:
    row.groups[0][-1] += 1
    row.save(update_fields=["groups"])


def _count_one_visit_more(row: AnswerCount) -> None:
    question = next(question for question in row.tally["questions"] if question["key"] == "onsite_count")
    question["total"] = "3"
    row.save(update_fields=["tally"])


def _lose_the_bodies(notice: Notification) -> None:
    LedgerCount.objects.filter(assignment=notice.assignment).update(identities=b"")
    DistinctCount.objects.all().delete()


Wrong = tuple[Callable[[Notification], object], str, int]
WRONG: dict[str, Wrong] = {
    "a wrong count of notices": (
        lambda notice: _count_one_notice_more(notice.assignment.ledger_count),
        "発出／延べ対象団体数：取りまとめでは 2、再計算では 1",
        4,
    ),
    "a wrong count of answers": (
        lambda notice: _count_one_visit_more(AnswerCount.objects.get(submission__rows__notification=notice)),
        "設問別／onsite_count／number／合計：取りまとめでは 3、再計算では 2",
        3,  # the summary does not tell it
    ),
    "a wrong count of distinct bodies": (
        lambda _notice: DistinctCount.objects.update(aimed=9),
        "発出／実対象団体数：取りまとめでは 9、再計算では 1",
        4,
    ),
    "bodies that are not kept": (_lose_the_bodies, "発出／実対象団体数：取りまとめでは 0、再計算では 1", 4),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_kept_count_is_found_in_the_files_and_in_the_database(
    collection: Round, kept: Notification, staff: User, wrong: Wrong, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil, told, times = wrong
    spoil(kept)
    frozen = _freeze(collection, staff)

    with pytest.raises(CommandError):
        call_command("verify_report", report=frozen.pk)

    assert capsys.readouterr().out.count(told) == times
