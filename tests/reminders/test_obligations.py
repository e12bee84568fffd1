"""Every kind of obligation is found where it is, reminded of at its stage, and forgotten once it is met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from django.core.mail import EmailMessage
from django.db.models import F, Value
from django.db.models.functions import TruncDate

from followup.models import (
    Audience,
    ExtensionRequest,
    Obligation,
    ObligationChange,
    ReminderPause,
    ReminderRule,
    Report,
)
from followup.rules import obligations as kinds
from followup.rules.obligations import KINDS, Kind, Owner
from followup.rules.status import ReportStatus, RoundStatus
from followup.services import obligation_queries
from followup.services.extensions import ask_extension
from followup.services.obligation_queries import SOURCES, Source
from followup.services.reference import load_followup_reference
from followup.services.reminder_recheck import recheck
from followup.services.reminders import Plan, plan_reminders
from followup.services.reports import approve_report, ask_review
from followup.services.review import return_report
from outreach.models import (
    Assignment,
    IssuingOffice,
    MailKind,
    Ministry,
    Notification,
    OutgoingMail,
    Role,
    User,
)
from outreach.rules.wareki import TOKYO
from outreach.services.delivery import deliver_due
from outreach.services.requests import acknowledge
from tests.factories import (
    NOW,
    make_answered_report,
    make_asked_report,
    make_assignment,
    make_mail,
    make_ministry,
    make_notification,
    make_office,
    make_officer,
    make_report,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db
Outbox = list[EmailMessage]

OFFICE = "office@digital.example"
DAY_BEFORE, FIRST, SECOND, THIRD = (date(2023, 9, day) for day in (4, 5, 6, 7))


def at(day: date, hour: int = 7, minute: int = 30) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=TOKYO)


def plan(day: date) -> Plan:
    return plan_reminders(today=day, now=at(day))


def send(day: date) -> None:
    deliver_due(read_clock=lambda: at(day, 9, 30), recheck=recheck)


def use_rules_for(kind: str) -> None:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=kind).update(is_active=False)


def owing_ministry() -> Ministry:
    ministry = make_ministry("農林水産省", mailbox="box@maff.example")
    make_officer(ministry, email="officer@maff.example")
    return ministry


def asked(**fields: object) -> Assignment:
    """Return what a ministry with an officer owes on a request whose form is not known yet."""
    assignment = make_assignment(owing_ministry(), **fields)  # type: ignore[arg-type]
    make_round(assignment.request, status=RoundStatus.FORM_UNDECIDED, due_on=None)
    return assignment


def owe_a_limit() -> None:
    make_notification(asked(), issued_on=None)


def owe_a_correction() -> None:
    report = make_answered_report(owing_ministry(), bodies=1)
    make_submission(report)
    report.refresh_from_db()
    return_report(report=report, reason="確認", actor=make_staff(), now=NOW)


def owe_an_approval() -> None:
    report = make_answered_report(owing_ministry(), bodies=1)
    contributor = make_officer(report.assignment.ministry, role=Role.CONTRIBUTOR)
    ask_review(report=report, actor=contributor, now=NOW)


def owe_a_review() -> None:
    make_submission(make_answered_report(owing_ministry(), bodies=1))


def owe_an_answer() -> None:
    report = make_asked_report(owing_ministry(), bodies=1)
    ask_extension(
        report=report,
        due_on=date(2023, 10, 13),
        reason="集計のため",
        actor=make_officer(report.assignment.ministry, role=Role.CONTRIBUTOR),
        now=NOW,
    )


def owe_an_address() -> None:
    make_office()
    make_mail(ministry=owing_ministry(), state="failed", attempts=9, last_error="宛先がありません。")


@dataclass(frozen=True)
class Case:
    """How an obligation comes about, when it is first reminded of, to whom, and how it is met."""

    kind: str
    arise: Callable[[], object]
    reached_on: date
    to: str
    words: str
    meet: Callable[[], object]


CASES = [
    Case(
        kinds.ACKNOWLEDGE, asked, THIRD, "officer@maff.example", "【御確認のお願い】",
        lambda: acknowledge(assignment=Assignment.objects.get(), actor=make_staff(), now=NOW),
    ),
    Case(
        kinds.NOTIFY, asked, date(2023, 9, 11), "officer@maff.example", "要請文の発出の状況について",
        lambda: Assignment.objects.update(no_body_reason="所管の団体がない。"),
    ),
    Case(
        kinds.FACT_LIMIT, owe_a_limit, date(2023, 9, 15), "officer@maff.example", "【期限 9/30】",
        lambda: Notification.objects.update(issued_on=date(2023, 9, 15)),
    ),
    Case(
        kinds.RESUBMIT, owe_a_correction, THIRD, "officer@maff.example", "差し戻した報告の再提出について",
        lambda: Report.objects.update(status=ReportStatus.SUBMITTED),
    ),
    Case(
        kinds.APPROVE, owe_an_approval, SECOND, "officer@maff.example", "部内確認をお待ちしている",
        lambda: Report.objects.update(status=ReportStatus.DRAFT, review_asked_at=None),
    ),
    Case(
        kinds.MAIL_FAILING, owe_an_address, FIRST, OFFICE, "農林水産省へのメールを送信できていません",
        lambda: OutgoingMail.objects.filter(state="failed").update(state="cancelled"),
    ),
    Case(
        kinds.REVIEW, owe_a_review, THIRD, OFFICE, "【確認待ち】",
        lambda: Report.objects.update(status=ReportStatus.ACCEPTED),
    ),
    Case(
        kinds.EXTENSION, owe_an_answer, FIRST, OFFICE, "農林水産省からの期限の延長の申出",
        lambda: ExtensionRequest.objects.update(state="withdrawn", decided_by=make_staff(), decided_at=NOW),
    ),
]  # fmt: skip
each_kind = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)


def arise(case: Case) -> None:
    use_rules_for(case.kind)
    case.arise()
    IssuingOffice.objects.update(email=OFFICE)
    OutgoingMail.objects.filter(state="queued").delete()


@each_kind
def test_it_is_reminded_of_at_its_stage_once_and_tells_what_is_open(case: Case, mailoutbox: Outbox) -> None:
    arise(case)

    assert plan(DAY_BEFORE).reminders == 0
    for _ in range(2):
        plan(case.reached_on)
        send(case.reached_on)

    sent = [mail for mail in mailoutbox if mail.to == [case.to]]
    assert [case.words in mail.subject for mail in sent] == [True]
    for words in (
        "このメールが届いた理由",
        KINDS[case.kind].open,
        KINDS[case.kind].heading,
        "問合せ先",
        "http",
    ):
        assert words in sent[0].body
    assert "{{" not in sent[0].body


@each_kind
def test_once_it_is_met_nobody_is_reminded(case: Case) -> None:
    arise(case)
    plan(DAY_BEFORE)
    case.meet()

    assert not plan(case.reached_on).planned
    assert not Obligation.objects.open().filter(kind=case.kind).exists()


@each_kind
def test_what_was_met_between_planning_and_sending_is_not_sent(case: Case, mailoutbox: Outbox) -> None:
    arise(case)
    plan(case.reached_on)
    case.meet()

    send(case.reached_on)

    assert mailoutbox == []
    reminding = OutgoingMail.objects.filter(kind=MailKind.REMINDER)
    assert {mail.last_error for mail in reminding} == {KINDS[case.kind].gone}


def test_a_kind_that_is_added_later_needs_its_words_and_one_query(
    monkeypatch: pytest.MonkeyPatch, mailoutbox: Outbox
) -> None:
    words = Kind(
        "leaflet", "リーフレットの受領の確認", Owner.MINISTRY, "発送", "リーフレットの受領が確認されていない",
        "受領の確認をお待ちしているリーフレット", "受領が確認される", "受領は確認されました。",
    )  # fmt: skip

    def shipped() -> obligation_queries.Rows:
        return obligation_queries.rows_of(
            Assignment.objects.filter(no_body_reason="発送済み"),
            about=F("pk"),
            of_ministry=F("ministry_id"),
            of_office=F("request__issued_by_id") * 0 + IssuingOffice.objects.earliest("pk").pk,
            called=F("request__title"),
            stands=Value("未確認"),
            day=TruncDate("created_at", tzinfo=TOKYO),
        )

    monkeypatch.setitem(KINDS, "leaflet", words)
    source = Source(shipped, "portal:home", "admin:index", is_watched=False, page_takes_subject=False)
    monkeypatch.setitem(SOURCES, "leaflet", source)
    ReminderRule.objects.create(kind="leaflet", offset_days=1, subject="{{件名}}", text="{{府省庁名}}　御中")
    asked(no_body_reason="発送済み")

    plan(FIRST)
    send(FIRST)

    [mail] = mailoutbox
    assert "受領の確認をお待ちしているリーフレット" in mail.body


def test_of_a_digest_the_most_pressing_leads_and_an_escalation_goes_by_itself(mailoutbox: Outbox) -> None:
    load_followup_reference()
    assignment = asked()

    plan(date(2023, 9, 11))
    send(date(2023, 9, 11))

    to_officer = [mail.subject for mail in mailoutbox if mail.to == ["officer@maff.example"]]
    assert sorted(to_officer) == [
        "【お知らせ】要請文の発出の状況について",
        "【再度のお願い】依頼の内容の御確認について",
    ]
    assert assignment.ministry.mailbox in {mail.to[0] for mail in mailoutbox}


def test_marks_make_the_planner_look_only_where_something_changed(
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    use_rules_for(kinds.REPORT_DUE)
    make_report(owing_ministry())
    plan(FIRST)

    assert not ObligationChange.objects.exists()
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        plan(FIRST)


def test_a_paused_ministry_hears_nothing_until_the_pause_ends(mailoutbox: Outbox) -> None:
    use_rules_for(kinds.REPORT_DUE)
    report = make_report(owing_ministry())
    pause = ReminderPause.objects.create(
        ministry=report.assignment.ministry, until=date(2023, 9, 29), reason="災害対応中", created_at=NOW,
        created_by=make_staff(),
    )  # fmt: skip

    paused = plan(date(2023, 9, 29))
    after = plan(date(2023, 10, 2))

    assert not paused.planned
    assert [left.why for left in paused.left_out] == [
        f"督促を休止しています（令和5年9月{pause.until.day}日まで）。"
    ]
    assert [reminder.occasion.group.offset for reminder in after.planned] == [-5]


def test_what_is_paused_while_queued_is_not_lost(mailoutbox: Outbox) -> None:
    use_rules_for(kinds.REPORT_DUE)
    report = make_report(owing_ministry())
    plan(date(2023, 9, 29))
    ReminderPause.objects.create(
        report=report, until=date(2023, 9, 29), reason="確認中", created_at=NOW, created_by=make_staff()
    )

    send(date(2023, 9, 29))
    assert mailoutbox == []
    plan(date(2023, 10, 2))
    send(date(2023, 10, 2))

    assert [mail.to for mail in mailoutbox] == [["officer@maff.example"]]


def test_a_rule_holds_in_its_period_only() -> None:
    use_rules_for(kinds.REPORT_DUE)
    make_report(owing_ministry())
    ReminderRule.objects.update(valid_from=date(2023, 10, 1), valid_until=date(2023, 10, 3))

    reached = {day: plan(date(2023, 9, 29) if day == 0 else date(2023, 10, day)) for day in (0, 3, 6)}

    assert [len(found.planned) for found in reached.values()] == [0, 1, 0]


@pytest.mark.parametrize(
    ("audience", "to"),
    [
        (Audience.OFFICERS, {"officer@maff.example", "contributor@maff.example"}),
        (Audience.CONTRIBUTORS, {"contributor@maff.example"}),
        (Audience.COORDINATORS, {"officer@maff.example"}),
        (Audience.SUPERIOR, {"superior@maff.example"}),
        (Audience.MAILBOX, {"box@maff.example"}),
        (Audience.STAFF, {OFFICE}),
    ],
)
def test_each_audience_is_whom_it_names(audience: str, to: set[str], mailoutbox: Outbox) -> None:
    use_rules_for(kinds.REPORT_DUE)
    ministry = owing_ministry()
    Ministry.objects.filter(pk=ministry.pk).update(superior_email="superior@maff.example")
    make_officer(ministry, email="contributor@maff.example", role=Role.CONTRIBUTOR)
    make_report(ministry)
    IssuingOffice.objects.update(email=OFFICE)
    ReminderRule.objects.update(audience=audience, escalates=False)

    plan(date(2023, 9, 29))
    send(date(2023, 9, 29))

    assert {mail.to[0] for mail in mailoutbox} == to


def test_a_moved_due_date_is_told() -> None:
    use_rules_for(kinds.REPORT_DUE)
    report = make_report(owing_ministry())
    plan(date(2023, 9, 29))

    Report.objects.filter(pk=report.pk).update(due_on=date(2023, 10, 13))
    [move] = plan(date(2023, 10, 2)).moved

    assert (move.ministry, move.before, move.after) == ("農林水産省", date(2023, 10, 6), date(2023, 10, 13))


def test_an_approval_puts_the_reminder_of_the_review_off_no_further(mailoutbox: Outbox) -> None:
    use_rules_for(kinds.APPROVE)
    owe_an_approval()
    coordinator = User.objects.get(email="officer@maff.example")
    approve_report(report=Report.objects.get(), actor=coordinator, now=at(FIRST))
    OutgoingMail.objects.filter(state="queued").delete()

    plan(SECOND)
    send(SECOND)

    (sent,) = (mail for mail in mailoutbox if mail.to == [coordinator.email])
    assert "令和5年9月4日（月）から部内確認中" in sent.body
