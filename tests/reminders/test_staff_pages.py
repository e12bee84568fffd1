"""Staff see what reminders will do before it happens, and what they did; officers open their links."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from followup.migrations._count_marks import names_of
from followup.migrations._obligation_marks import WATCHED
from followup.models import Obligation, Reminder, ReminderPause, ReminderRule, Report, SpecialDay
from followup.rules.obligations import REPORT_DUE
from followup.services.reference import load_followup_reference
from followup.services.reminder_recheck import recheck
from followup.services.reminders import plan_reminders
from outreach.models import AuditEntry, MailKind, OutgoingMail, User
from outreach.rules.wareki import TOKYO
from outreach.services.delivery import deliver_due
from tests.admin.test_machine_readable_exports import exported
from tests.factories import make_ministry, make_officer, make_report, make_staff

pytestmark = pytest.mark.django_db

NOW = datetime(2023, 9, 29, 10, 0, tzinfo=TOKYO)  # five opening days before the due date
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _rules_for_reports() -> Iterator[None]:
    load_followup_reference()
    ReminderRule.objects.exclude(kind=REPORT_DUE).update(is_active=False)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer() -> User:
    """Return the officer of a ministry that owes a report."""
    report = make_report(make_ministry("農林水産省", mailbox="box@maff.example"))
    return make_officer(report.assignment.ministry, email="officer@maff.example")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_staff())
    return client


def send() -> Reminder:
    plan_reminders(today=TODAY, now=NOW)
    deliver_due(read_clock=lambda: NOW, recheck=recheck)
    return Reminder.objects.get()


# The link -----------------------------------------------------------------------------------------


def test_the_link_of_a_mail_leads_to_the_report_and_its_first_opening_is_noted(
    officer: User, client: Client
) -> None:
    reminder = send()
    address = reverse("portal:reminder_open", args=[reminder.pk])
    client.force_login(officer)

    response = client.get(address)

    assert address in reminder.mail.body
    assert response["Location"] == reverse("portal:report_detail", args=[Report.objects.get().pk])
    reminder.refresh_from_db()
    assert (reminder.opened_at, reminder.opened_by) == (NOW, officer)


def test_a_second_opening_changes_nothing(officer: User, client: Client) -> None:
    reminder = send()
    address = reverse("portal:reminder_open", args=[reminder.pk])
    client.force_login(officer)
    client.get(address)

    with time_machine.travel(datetime(2023, 9, 29, 11, 0, tzinfo=TOKYO), tick=False):
        client.get(address)

    reminder.refresh_from_db()
    assert reminder.opened_at == NOW


@pytest.mark.parametrize("looks", ["scanner", "head", "prefetch"])
def test_who_only_looks_ahead_has_not_opened_it(looks: str, officer: User, client: Client) -> None:
    reminder = send()
    address = reverse("portal:reminder_open", args=[reminder.pk])
    if looks != "scanner":
        client.force_login(officer)

    headers = {"Sec-Purpose": "prefetch;anonymous-client-ip"} if looks == "prefetch" else {}
    (client.head if looks == "head" else client.get)(address, headers=headers)

    reminder.refresh_from_db()
    assert reminder.opened_at is None


def test_the_link_of_another_ministry_is_not_found(officer: User, client: Client) -> None:
    reminder = send()
    client.force_login(make_officer(make_ministry()))

    assert client.get(reverse("portal:reminder_open", args=[reminder.pk])).status_code == 404


def test_the_history_tells_what_was_sent_to_whom_why_and_when_it_was_opened(
    officer: User, staff: Client
) -> None:
    reminder = send()
    Reminder.objects.update(opened_at=NOW, opened_by=officer)
    address = reverse("admin:followup_reminder_changelist")

    page = staff.get(address, {"kind": REPORT_DUE, "opened": "yes"}).content.decode()
    other = staff.get(address, {"opened": "no"}).content.decode()

    for words in ("報告の提出：期限の5開庁日前", reminder.recipient, "送信済み", "令和5年9月29日"):
        assert words in page
    assert reminder.recipient not in other


def test_the_page_of_a_report_and_of_a_ministry_tell_their_reminders_and_lead_to_all(
    officer: User, staff: Client
) -> None:
    send()
    make_report(make_ministry("環境省"))
    own, other = Report.objects.order_by("pk")

    for name, shown, elsewhere in (
        ("report", own, other),
        ("ministry", own.assignment.ministry, other.assignment.ministry),
    ):
        change = f"admin:{shown._meta.app_label}_{name}_change"
        page = BeautifulSoup(staff.get(reverse(change, args=[shown.pk])).content, "html.parser")
        link = page.find("a", string="全ての督促を見る")
        assert isinstance(link, Tag)
        assert "officer@maff.example" in page.select_one(".field-reminder_history").text  # type: ignore[union-attr]
        history = staff.get(str(link["href"])).content.decode()
        assert "officer@maff.example" in history
        empty = BeautifulSoup(staff.get(reverse(change, args=[elsewhere.pk])).content, "html.parser")
        assert "officer@maff.example" not in empty.select_one(".field-reminder_history").text  # type: ignore[union-attr]


def test_the_history_leaves_as_excel_with_what_it_tells(officer: User, staff: Client) -> None:
    reminder = send()
    Reminder.objects.update(opened_at=NOW, opened_by=officer)

    book = load_workbook(io.BytesIO(exported(staff, Reminder, "0", 0)))

    headings, row = book.worksheets[0].iter_rows(values_only=True)
    told = dict(
        zip(headings, (cell.date() if isinstance(cell, datetime) else cell for cell in row), strict=True)
    )
    assert told == {
        "番号": 1,
        "督促番号": reminder.pk,
        "府省庁": "農林水産省",
        "督促の対象": "報告の提出",
        "段階": "期限の5開庁日前",
        "起算日": date(2023, 10, 6),
        "宛先": "officer@maff.example",
        "計画日": date(2023, 9, 29),
        "件名": reminder.mail.subject,
        "メールの状態": "送信済み",
        "送信日": date(2023, 9, 29),
        "送信時刻": "10:00",
        "開いた日": date(2023, 9, 29),
        "開いた時刻": "10:00",
        "開いた人": officer.name,
    }


def test_a_link_for_staff_leads_into_the_admin(officer: User, staff: Client) -> None:
    reminder = send()

    response = staff.get(reverse("admin:followup_reminder_open", args=[reminder.pk]))

    assert response["Location"] == reverse("admin:followup_report_change", args=[Report.objects.get().pk])


# The calendar -------------------------------------------------------------------------------------

CLOSURE = {"day": "2023-10-04", "is_closed": "on", "name": "臨時の閉庁日"}


def test_a_special_day_shows_what_it_moves_before_it_is_saved(officer: User, staff: Client) -> None:
    plan_reminders(today=date(2023, 9, 28), now=datetime(2023, 9, 28, 10, tzinfo=TOKYO))

    page = staff.post(reverse("admin:followup_specialday_add"), CLOSURE).content.decode()

    assert "令和5年10月4日（水）が閉庁日になるため、次の督促の段階が移ります。" in page
    assert "期限の3開庁日前" in page
    assert ("令和5年10月3日" in page, "令和5年10月2日" in page) == (True, True)
    assert not SpecialDay.objects.exists()


def test_a_special_day_that_was_confirmed_takes_effect_and_leaves_its_reason(
    officer: User, staff: Client
) -> None:
    plan_reminders(today=date(2023, 9, 28), now=datetime(2023, 9, 28, 10, tzinfo=TOKYO))

    staff.post(reverse("admin:followup_specialday_add"), CLOSURE | {"confirmed": "1"})

    assert SpecialDay.objects.get().name == "臨時の閉庁日"
    entry = AuditEntry.objects.get(action="督促の日程を変更")
    assert "令和5年10月4日（水）が閉庁日になるため（臨時の閉庁日）" in entry.reason
    assert any("10/3→10/2" in line for line in (entry.after or {})["移る段階"])
    plan_reminders(today=date(2023, 10, 2), now=datetime(2023, 10, 2, 10, tzinfo=TOKYO))
    assert [reminder.rule.offset_days for reminder in Reminder.objects.all()] == [-3]


def test_deleting_a_special_day_shows_what_moves_back(officer: User, staff: Client) -> None:
    plan_reminders(today=date(2023, 9, 28), now=datetime(2023, 9, 28, 10, tzinfo=TOKYO))
    special = SpecialDay.objects.create(day=date(2023, 10, 4), name="臨時の閉庁日")

    page = staff.get(reverse("admin:followup_specialday_delete", args=[special.pk])).content.decode()

    assert "令和5年10月4日（水）が開庁日になるため" in page


def test_a_day_of_an_unknown_calendar_is_refused(staff: Client) -> None:
    response = staff.post(reverse("admin:followup_specialday_add"), CLOSURE | {"day": "2150-01-05"})

    assert response.status_code == 400
    assert "2099年まで" in response.content.decode()


# The simulation -----------------------------------------------------------------------------------

SIMULATION = "admin:followup_reminderrule_simulation"


def test_the_simulation_tells_who_would_get_what_and_leaves_no_trace(officer: User, staff: Client) -> None:
    page = staff.get(
        reverse(SIMULATION),
        {"first": "2023-09-29", "last": "2023-10-10", "ministry": str(officer.ministry_id)},
    ).content.decode()

    for offset in ("期限の5開庁日前", "期限の3開庁日前", "期限当日", "期限の1開庁日後"):
        assert f"報告の提出：{offset}" in page
    assert "officer@maff.example" in page
    assert "令和5年10月9日は閉庁日（スポーツの日）のため、送りません。" in page
    assert "次は10月12日（期限の3開庁日後）です。" in page
    assert not Reminder.objects.exists()
    assert not Obligation.objects.exists()
    assert not OutgoingMail.objects.filter(kind=MailKind.REMINDER).exists()


def test_the_simulation_says_why_nobody_is_reminded(officer: User, staff: Client) -> None:
    ReminderPause.objects.create(
        ministry=officer.ministry, until=TODAY, reason="災害対応中", created_at=NOW, created_by=make_staff()
    )

    page = staff.get(reverse(SIMULATION), {"first": "2023-09-29", "last": "2023-09-29"}).content.decode()

    assert "届かない" in page
    assert "督促を休止しています（令和5年9月29日まで）。" in page


def test_a_rule_that_is_off_can_be_tried_before_it_is_switched_on(officer: User, staff: Client) -> None:
    rule = ReminderRule.objects.get(kind=REPORT_DUE, offset_days=-5)
    ReminderRule.objects.update(is_active=False)
    days = {"first": "2023-09-29", "last": "2023-09-29"}

    without = staff.get(reverse(SIMULATION), days).content.decode()
    tried = staff.get(reverse(SIMULATION), days | {"included": rule.pk}).content.decode()

    assert "この期間に届くものはありません。" in without
    assert "officer@maff.example" in tried
    assert not ReminderRule.objects.active().exists()


def test_a_rule_is_tried_as_it_is_being_entered(officer: User, staff: Client) -> None:
    rule = ReminderRule.objects.get(kind=REPORT_DUE, offset_days=-5)
    form = staff.get(reverse("admin:followup_reminderrule_change", args=[rule.pk])).context["adminform"].form
    entered = {name: form[name].value() for name in form.fields}
    given = {name: value for name, value in entered.items() if value is not None and value is not False}

    page = staff.post(reverse(SIMULATION), given | {"rule": rule.pk, "offset_days": "-4"}).content.decode()

    assert "報告の提出：期限の4開庁日前" in page
    rule.refresh_from_db()
    assert rule.offset_days == -5


@pytest.mark.parametrize(
    ("last", "words"), [("2023-09-01", "初日以後の日"), ("2023-12-31", "31日間までです"), ("x", "")]
)
def test_days_that_make_no_sense_are_refused_in_words(last: str, words: str, staff: Client) -> None:
    response = staff.get(reverse(SIMULATION), {"first": "2023-09-29", "last": last})

    assert words in response.content.decode()


def test_the_simulation_costs_no_more_queries_for_more_ministries(
    staff: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def queries(count: int) -> int:
        for _ in range(count):
            make_officer(make_report().assignment.ministry)
        with django_assert_max_num_queries(300) as captured:
            staff.get(reverse(SIMULATION), {"first": "2023-09-29", "last": "2023-09-29"})
        return len(captured)

    assert queries(1) == queries(10)


# Pauses and rules -----------------------------------------------------------------------------------


def test_staff_pause_a_ministry_with_a_reason_and_resume_it(officer: User, staff: Client) -> None:
    page = reverse("admin:outreach_ministry_change", args=[officer.ministry_id])
    pause = reverse("admin:outreach_ministry_pause", args=[officer.ministry_id])

    staff.post(pause, {"until": "2023-10-03", "reason": "災害対応中"})
    paused = staff.get(page).content.decode()
    staff.post(reverse("admin:outreach_ministry_resume", args=[officer.ministry_id]), {"reason": "収束した"})

    assert "令和5年10月3日まで休止しています" in paused
    assert "災害対応中" in paused
    assert "休止していません" in staff.get(page).content.decode()
    entries = AuditEntry.objects.filter(action__in=["督促を休止", "督促を再開"]).order_by("pk")
    assert [entry.reason for entry in entries] == ["災害対応中", "収束した"]


def test_a_pause_that_is_over_before_it_begins_is_refused(officer: User, staff: Client) -> None:
    report = Report.objects.get()
    response = staff.post(
        reverse("admin:followup_report_pause", args=[report.pk]), {"until": "2023-09-28", "reason": "理由"}
    )

    assert "本日以降の日" in response.content.decode()
    assert not ReminderPause.objects.exists()


def test_a_rule_shows_its_mail_while_it_is_entered(staff: Client) -> None:
    entered = {
        "kind": REPORT_DUE, "offset_days": "-5", "step": "0", "audience": "officers",
        "subject": "【{{期限短}}】お知らせ", "text": "{{府省庁名}}　御担当者様",
    }  # fmt: skip
    address = reverse("admin:followup_reminderrule_preview")

    shown = staff.post(address, entered, headers={"HX-Request": "true"}).content.decode()
    refused = staff.post(address, entered | {"text": "{{団体名}}"}).content.decode()

    assert "【10/6】お知らせ" in shown
    assert "見本省　御担当者様" in shown
    assert "差込項目「団体名」はありません" in refused


def test_the_marks_of_changes_are_written_by_the_database_itself() -> None:
    """A migration that remakes a watched table on SQLite must put the triggers back."""
    catalog = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalog[connection.vendor])
        found = {name for (name,) in cursor.fetchall()}

    assert {name for watched in WATCHED for name in names_of(watched)} <= found
