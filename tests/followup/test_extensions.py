"""A ministry asks for more time (延長の申出), and staff grant it, refuse it, or give it unasked."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, time
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from followup.models import ExtensionRequest, ExtensionState, Report, Round
from followup.services.due_change import change_due_date
from followup.services.extensions import (
    ask_extension,
    extend_due_date,
    grant_extension,
    refuse_extension,
    withdraw_extension,
)
from followup.services.rounds import close_round
from outreach.models import AuditEntry, MailKind, OutgoingMail, Role, User
from outreach.rules.wareki import TOKYO
from outreach.services.errors import NotAllowed, Refusal, StaleWrite
from tests.factories import (
    NOW,
    make_answered_report,
    make_asked_report,
    make_ministry,
    make_officer,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db

WANTED = date(2023, 10, 13)
TYPED = {"due_on": "令和5年10月13日", "due_time": "正午", "reason": "団体の回答が揃わないため。"}


@pytest.fixture(autouse=True)
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff() -> User:
    return make_staff()


@pytest.fixture(scope="module")
def made_report(rows_of_module: None) -> Report:
    return make_asked_report(make_ministry("申出省"))


@pytest.fixture
def report(made_report: Report, db: None) -> Report:
    return deepcopy(made_report)


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def officer_of(report: Report, role: Role = Role.CONTRIBUTOR) -> User:
    return make_officer(report.assignment.ministry, role=role)


def ask(report: Report, **fields: Any) -> ExtensionRequest:
    given: dict[str, Any] = {
        "due_on": WANTED,
        "reason": "集計のため",
        "actor": officer_of(report),
        "now": NOW,
    } | fields
    return ask_extension(report=report, **given)


def step(extension: ExtensionRequest, verb: str) -> str:
    return reverse(f"admin:followup_extensionrequest_{verb}", args=[extension.pk])


def page_of(report: Report) -> str:
    return reverse("portal:report_detail", args=[report.pk])


def ask_page(report: Report) -> str:
    return reverse("portal:report_extension", args=[report.pk])


def due_of(report: Report) -> str:
    return str(Report.objects.get(pk=report.pk).due)


def test_a_contributor_asks_for_more_time_and_sees_that_it_waits(client: Client, report: Report) -> None:
    Round.objects.update(contact_email="team@digital.example")
    enter(client, officer_of(report))

    assert ask_page(report) in client.get(page_of(report)).content.decode()
    page = client.post(ask_page(report), TYPED, follow=True).content.decode()

    [asked] = ExtensionRequest.objects.all()
    assert (asked.state, str(asked.wanted)) == (ExtensionState.WAITING, "令和5年10月13日（金）12時")
    assert "審査中" in page
    assert "団体の回答が揃わないため。" in page
    assert ask_page(report) not in page
    assert due_of(report) == "令和5年10月6日（金）"
    entry = AuditEntry.objects.get(action="延長の申出")
    assert (entry.reason, entry.ministry) == (asked.reason, report.assignment.ministry)
    mail = OutgoingMail.objects.get(to="team@digital.example")
    assert "申出省" in mail.subject
    assert reverse("admin:followup_extensionrequest_change", args=[asked.pk]) in mail.body


def test_without_a_contact_address_the_first_page_of_staff_tells_them(
    client: Client, staff: User, report: Report
) -> None:
    OutgoingMail.objects.all().delete()
    asked = ask(report)

    page = enter(client, staff).get(reverse("admin:index")).content.decode()

    assert not OutgoingMail.objects.exists()
    assert "審査を待つ回答期限の延長の申出" in page
    address = reverse("admin:followup_extensionrequest_changelist")
    listed = client.get(address, {"state__exact": "waiting"}).content.decode()
    assert reverse("admin:followup_extensionrequest_change", args=[asked.pk]) in listed


def test_staff_grant_another_day_than_the_one_wished_for(client: Client, staff: User, report: Report) -> None:
    asked = ask(report)
    OutgoingMail.objects.all().delete()
    enter(client, staff)

    offered = client.get(step(asked, "grant")).content.decode()
    client.post(
        step(asked, "grant"), {"due_on": "R5.10.11", "due_time": "17時", "answer": "集計の都合によります。"}
    )

    assert "令和5年10月13日" in offered
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by, str(asked.granted)) == (
        ExtensionState.GRANTED,
        staff,
        "令和5年10月11日（水）17時",
    )
    assert due_of(report) == "令和5年10月11日（水）17時"
    mail = OutgoingMail.objects.filter(kind=MailKind.EXTENDED).earliest("pk")
    assert mail.ministry == report.assignment.ministry
    for told in ("次のとおり承認しました", "令和5年10月13日（金）", "連絡事項：集計の都合によります。"):
        assert told in mail.body
    assert AuditEntry.objects.filter(action="延長の申出：承認").exists()
    assert AuditEntry.objects.filter(action="回答期限を延長", reason="集計のため").exists()
    own = enter(client, officer_of(report)).get(page_of(report)).content.decode()
    assert "令和5年10月11日（水）17時まで（延長後）" in own
    assert "集計の都合によります。" in own


def test_staff_refuse_with_a_reason_that_the_ministry_reads(
    client: Client, staff: User, report: Report
) -> None:
    asked = ask(report)
    OutgoingMail.objects.all().delete()
    enter(client, staff)

    silent = client.post(step(asked, "refuse"), {"answer": " "})
    client.post(step(asked, "refuse"), {"answer": "会議の日程が動かせないため。"})

    asked.refresh_from_db()
    assert silent.status_code == 400
    assert (asked.state, due_of(report)) == (ExtensionState.REFUSED, "令和5年10月6日（金）")
    mail = OutgoingMail.objects.filter(kind=MailKind.EXTENDED).earliest("pk")
    assert "会議の日程が動かせないため。" in mail.body
    own = enter(client, officer_of(report)).get(page_of(report)).content.decode()
    assert "不承認" in own
    assert "会議の日程が動かせないため。" in own
    assert ask_page(report) in own


def test_a_request_is_withdrawn_and_another_one_made(client: Client, report: Report) -> None:
    asked = ask(report)
    enter(client, officer_of(report))

    refused = client.post(ask_page(report), TYPED)
    client.post(reverse("portal:extension_withdraw", args=[asked.pk]))
    client.post(ask_page(report), TYPED)

    assert refused.status_code == 400
    assert "取り下げてから" in refused.content.decode()
    states = ExtensionRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [ExtensionState.WITHDRAWN, ExtensionState.WAITING]


def test_the_second_of_two_who_decide_is_told(client: Client, staff: User, report: Report) -> None:
    asked = ask(report)
    grant_extension(extension=asked, due_on=WANTED, actor=make_staff(), now=NOW)
    enter(client, staff)

    late = client.post(step(asked, "refuse"), {"answer": "理由"})

    assert late.status_code == 409
    assert "先に処理した" in late.content.decode()
    with pytest.raises(StaleWrite):
        withdraw_extension(extension=asked, actor=officer_of(report), now=NOW)
    assert ExtensionRequest.objects.get().state == ExtensionState.GRANTED


def test_a_grant_that_gives_no_more_time_leaves_everything_as_it_was(staff: User, report: Report) -> None:
    asked = ask(report)

    with pytest.raises(Refusal, match="現在の回答期限より後の"):
        grant_extension(extension=asked, due_on=date(2023, 10, 6), actor=staff, now=NOW)

    assert ExtensionRequest.objects.get().is_waiting


def test_more_time_given_unasked_settles_what_waits(staff: User, report: Report) -> None:
    ask(report)

    extend_due_date(
        report=report, due_on=date(2023, 10, 20), reason="電話での相談により", actor=staff, now=NOW
    )

    settled = ExtensionRequest.objects.get()
    assert (settled.state, str(settled.granted)) == (ExtensionState.GRANTED, "令和5年10月20日（金）")
    assert settled.answer == "電話での相談により"


@pytest.mark.parametrize(
    ("due_time", "state"), [(time(12), ExtensionState.GRANTED), (time(11), ExtensionState.WAITING)]
)
def test_a_new_due_date_of_the_round_settles_the_wishes_that_it_meets(
    staff: User, report: Report, due_time: time, state: ExtensionState
) -> None:
    ask(report, due_time=time(12))

    change_due_date(
        round=report.round, due_on=WANTED, due_time=due_time, reason="会議の延期", actor=staff, now=NOW
    )

    assert ExtensionRequest.objects.get().state == state


def test_a_submitted_report_needs_no_more_time() -> None:
    report = make_answered_report()
    ask(report)

    make_submission(report)

    settled = ExtensionRequest.objects.get()
    assert (settled.state, settled.answer) == (ExtensionState.WITHDRAWN, "報告が提出されたため。")


@pytest.mark.parametrize(
    ("accepts_late", "objection"), [(True, ""), (False, "回答期限を過ぎたため、申し出られません")]
)
def test_after_the_due_date_it_can_be_asked_for_while_late_reports_are_taken(
    client: Client, report: Report, accepts_late: bool, objection: str
) -> None:
    Round.objects.update(accepts_late=accepts_late)
    officer = officer_of(report)

    with time_machine.travel(datetime(2023, 10, 7, 0, 0, tzinfo=TOKYO), tick=False):
        page = enter(client, officer).get(ask_page(report)).content.decode()
        client.post(ask_page(report), TYPED)

    assert objection in page
    assert ExtensionRequest.objects.exists() is accepts_late


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"due_on": "令和5年10月6日"}, "現在の回答期限より後の"),
        ({"due_on": "令和500年1月1日"}, "年が遠すぎます"),
        ({"due_time": "夕方"}, "時刻として読み取れません"),
        ({"reason": " "}, "必須"),
    ],
)
def test_a_wish_that_cannot_be_is_explained_and_not_stored(
    client: Client, report: Report, changes: dict[str, str], problem: str
) -> None:
    enter(client, officer_of(report))

    page = client.post(ask_page(report), TYPED | changes)

    assert page.status_code == 400
    assert problem in page.content.decode()
    assert not ExtensionRequest.objects.exists()


def test_who_may_not_ask_or_decide_is_refused(client: Client, staff: User, report: Report) -> None:
    viewer, stranger = officer_of(report, Role.VIEWER), make_officer()
    asked = ask(report)

    assert enter(client, viewer).get(ask_page(report)).status_code == 403
    assert enter(client, stranger).get(ask_page(report)).status_code == 404
    withdraw = reverse("portal:extension_withdraw", args=[asked.pk])
    assert client.post(withdraw).status_code == 404
    acts: tuple[Callable[[], object], ...] = (
        lambda: ask(report, actor=staff),
        lambda: ask(report, actor=stranger),
        lambda: withdraw_extension(extension=asked, actor=staff, now=NOW),
        lambda: grant_extension(extension=asked, due_on=WANTED, actor=officer_of(report), now=NOW),
        lambda: refuse_extension(extension=asked, answer="理由", actor=officer_of(report), now=NOW),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert ExtensionRequest.objects.get().is_waiting


def test_staff_without_the_right_see_requests_and_do_not_decide(client: Client, report: Report) -> None:
    asked = ask(report)
    reader = make_staff(is_superuser=False)
    enter(client, reader)

    assert client.post(step(asked, "grant"), {"due_on": "R5.10.13"}).status_code == 403


def test_in_a_closed_round_nothing_is_asked_for_or_granted(staff: User, report: Report) -> None:
    asked = ask(report)
    close_round(round=report.round, actor=staff, now=NOW)

    acts: tuple[Callable[[], object], ...] = (
        lambda: ask(report),
        lambda: grant_extension(extension=asked, due_on=WANTED, actor=staff, now=NOW),
    )
    for act in acts:
        with pytest.raises(Refusal, match="受付中"):
            act()
    refuse_extension(extension=asked, answer="締め切りました。", actor=staff, now=NOW)
    assert ExtensionRequest.objects.get().state == ExtensionState.REFUSED


def test_the_database_holds_one_waiting_request_a_report_and_who_decided(report: Report) -> None:
    asked = ask(report)
    row = {name: getattr(asked, name) for name in ("report", "wanted_on", "reason", "asked_by", "asked_at")}

    for fields in ({}, {"state": ExtensionState.GRANTED}, {"state": "lost"}, {"reason": ""}):
        with pytest.raises(IntegrityError):
            _create_apart(row | fields)


def _create_apart(row: dict[str, Any]) -> None:
    with transaction.atomic():
        ExtensionRequest.objects.create(**row)
