"""Every page of the admin opens, in Japanese, without inline code, at a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from followup.models import (
    Council,
    CouncilReport,
    ExportLink,
    ExportRun,
    ExportSchedule,
    ExtensionRequest,
    FigureRuling,
    FormVersion,
    Reminder,
    ReminderRule,
    Report,
    Round,
    SpecialDay,
    Submission,
    WorkbookBundle,
)
from followup.services.extensions import ask_extension
from followup.services.handovers import hand_over
from outreach.models import (
    ApiToken,
    Assignment,
    AuditEntry,
    Body,
    Channel,
    Handover,
    Invitation,
    IssuingOffice,
    Letter,
    Ministry,
    Notification,
    OutgoingMail,
    OutreachRequest,
    TaskRun,
    Topic,
    User,
)
from outreach.services.api_tokens import issue_token
from outreach.services.audit import record_audit
from tests.admin.browser import queries
from tests.factories import (
    NOW,
    TODAY,
    make_answered_report,
    make_assignment,
    make_body,
    make_channel,
    make_council_report,
    make_export_run,
    make_export_schedule,
    make_mail,
    make_ministry,
    make_notification,
    make_office,
    make_officer,
    make_reminder,
    make_report,
    make_request,
    make_round,
    make_rule,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db


def make_letter() -> Letter:
    assignment = make_assignment()
    template = assignment.request.letter_templates.get(number=1)
    return Letter.objects.create(assignment=assignment, template=template, subject="件名", text="本文")


def make_invitation() -> Invitation:
    number = Invitation.objects.count()
    return Invitation.objects.create(
        email=f"invited{number}@ministry.example",
        name="招待 次郎",
        ministry=make_ministry(),
        role="coordinator",
        token_hash=str(number),
        invited_by=make_staff(),
        created_at=NOW,
        expires_at=NOW + timedelta(hours=72),
    )


def make_handover() -> Handover:
    officer = make_officer()
    return hand_over(
        predecessor=officer, successor=make_officer(officer.ministry), takes_effect_on=NOW.date(),
        actor=make_staff(), now=NOW,
    )  # fmt: skip


def make_form_version() -> FormVersion:
    return make_round().form_versions.get()


def make_topic() -> Topic:
    return make_request().topics.get()


def make_extension() -> ExtensionRequest:
    report = make_report()
    return ask_extension(
        report=report,
        due_on=date(2023, 10, 13),
        reason="集計のため",
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )


def make_api_token() -> ApiToken:
    number = ApiToken.objects.count()
    token, _secret = issue_token(user=make_staff(), name=f"集計{number}", valid_days=30, now=NOW)
    return token


def make_submission_of_the_round() -> Submission:
    """Make a submission in the round of the others, as to publish one more form takes as long again."""
    return make_submission(make_answered_report(collection=Round.objects.first()))


def make_ruling() -> FigureRuling:
    report = make_submission_of_the_round().report
    return FigureRuling.objects.create(
        report=report, question_key="issue_style", submitted_value="memo", kind="excluded",
        reason="別の様式のため", created_by=make_staff(), created_at=NOW,
    )  # fmt: skip


def make_export_link() -> ExportLink:
    run = make_export_run()
    return ExportLink.objects.create(
        run=run,
        email="chair@council.example",
        token_hash=str(run.pk),
        mail=make_mail(),
        created_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )


BUILDERS: dict[type[Model], Callable[[], Any]] = {
    ApiToken: make_api_token,
    Assignment: make_assignment,
    AuditEntry: lambda: record_audit(action="試験", now=NOW, actor=make_staff(), ministry=make_ministry()),
    Body: make_body,
    Channel: make_channel,
    Council: lambda: Council.objects.create(number=Council.objects.count() + 1, name="会議"),
    CouncilReport: make_council_report,
    ExportLink: make_export_link,
    ExportRun: make_export_run,
    ExportSchedule: make_export_schedule,
    ExtensionRequest: make_extension,
    FigureRuling: make_ruling,
    FormVersion: make_form_version,
    Handover: make_handover,
    Group: lambda: Group.objects.create(name=f"権限{Group.objects.count()}"),
    Invitation: make_invitation,
    IssuingOffice: make_office,
    Letter: make_letter,
    Ministry: lambda: make_officer().ministry,
    Notification: make_notification,
    OutgoingMail: lambda: make_mail(ministry=make_ministry()),
    OutreachRequest: make_request,
    Reminder: make_reminder,
    ReminderRule: make_rule,
    Report: make_report,
    Round: make_round,
    SpecialDay: lambda: SpecialDay.objects.create(
        day=TODAY + timedelta(days=SpecialDay.objects.count()), name="臨時の閉庁"
    ),
    Submission: make_submission_of_the_round,
    TaskRun: lambda: TaskRun.objects.create(
        task="deliver_mail", host="worker-1", started_at=NOW, ended_at=NOW
    ),
    Topic: make_topic,
    User: make_officer,
    WorkbookBundle: lambda: WorkbookBundle.objects.create(
        round=make_round(), requested_at=NOW, requested_by=make_staff()
    ),
}
MODELS = sorted(BUILDERS, key=lambda model: model.__name__)
PLAIN = "API|URL|CSV|Excel|zip|SHA-256|Message-ID|SNS|xlsx|csv"
NOT_WORDS = re.compile(rf"https?://\S+|\S+@\S+|(?<![A-Za-z])({PLAIN})(?![A-Za-z])|[\w-]+\d+")


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def take_words(soup: BeautifulSoup) -> set[str]:
    """Return the English lines that a page shows (values of rows aside); what is hidden is taken out."""
    for part in soup.select("script, style, textarea, option, td.field-key, .readonly"):
        part.extract()
    lines = {line.strip() for line in soup.get_text("\n").splitlines()}
    return {line for line in lines if re.search("[A-Za-z]{3,}", NOT_WORDS.sub("", line))}


def assert_clean(html: str) -> None:
    soup = BeautifulSoup(html, "html.parser")
    assert soup.find(style=True) is None
    assert soup.find(lambda tag: any(name.startswith("on") for name in tag.attrs)) is None
    assert all(script.get("src") or script.get("type") for script in soup.find_all("script"))
    assert take_words(soup) == set()


def test_every_page_that_is_registered_is_ours_and_is_tried_here() -> None:
    assert set(admin.site._registry) == set(BUILDERS)


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_open_in_japanese_and_without_inline_code(desk: Client, model: type[Model]) -> None:
    obj = BUILDERS[model]()

    urls = [page(model, "changelist"), page(model, "change", obj.pk), page(model, "history", obj.pk)]
    for url in urls:
        response = desk.get(url)

        assert response.status_code == 200, url
        assert_clean(response.content.decode())


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_as_much_for_twenty_rows_as_for_one(desk: Client, model: type[Model]) -> None:
    BUILDERS[model]()
    desk.get(page(model, "changelist"))

    one = queries(desk, page(model, "changelist"))
    for _ in range(19):
        BUILDERS[model]()

    assert queries(desk, page(model, "changelist")) <= one


@pytest.mark.parametrize(
    "model", [Body, Ministry, OutreachRequest, Invitation, Group, SpecialDay, Topic, ApiToken, ExportSchedule]
)
def test_forms_for_something_new_open(desk: Client, model: type[Model]) -> None:
    response = desk.get(page(model, "add"))

    assert response.status_code == 200
    assert_clean(response.content.decode())


@pytest.mark.parametrize("model", [Body, Ministry, Notification, Submission])
def test_exports_and_imports_open(desk: Client, model: type[Model]) -> None:
    names = ["export", *(["import"] if model in {Body, Ministry} else [])]

    for name in names:
        assert_clean(desk.get(page(model, name)).content.decode())


@pytest.mark.parametrize(
    "model", [AuditEntry, OutgoingMail, Notification, Letter, Report, Submission, Assignment, Reminder]
)
def test_what_services_write_is_only_looked_at(desk: Client, model: type[Model]) -> None:
    obj = BUILDERS[model]()

    assert desk.get(page(model, "add")).status_code == 403
    assert desk.post(page(model, "change", obj.pk), {}).status_code == 403
    assert desk.post(page(model, "delete", obj.pk), {"post": "yes"}).status_code == 403


def test_the_first_page_counts_what_needs_attention(desk: Client) -> None:
    make_submission()
    make_mail(state="failed")
    make_report(due_on=TODAY - timedelta(days=1))

    html = desk.get(reverse("admin:index")).content.decode()

    tasks = {
        item.a.get_text(strip=True): item.select_one(".ui-tag").get_text(strip=True)  # type: ignore[union-attr]
        for item in BeautifulSoup(html, "html.parser").select(".staff-tasks > li")
    }
    assert tasks["確認待ちの報告"] == "1 件"
    assert tasks["送信できなかったメール"] == "1 件"
    assert tasks["期限を過ぎた未提出の報告"] == "1 件"
    assert_clean(html)


def test_staff_without_rights_are_shown_no_counts(db: None) -> None:
    client = Client()
    client.force_login(make_staff(is_superuser=False))
    make_submission()

    html = client.get(reverse("admin:index")).content.decode()

    assert "確認待ちの報告" not in html
    assert "最新のフォローアップ" not in html


def test_old_rows_are_shown_as_changes_and_cannot_be_put_back(desk: Client) -> None:
    body = make_body(name="旧名称")
    body.name = "新名称"
    body.save(update_fields=["name"])

    html = desk.get(page(Body, "history", body.pk)).content.decode()
    record = body.history.latest()

    assert "旧名称" in html
    desk.post(f"{page(Body, 'history', body.pk)}{record.pk}/", {"name": "旧名称"})
    body.refresh_from_db()
    assert body.name == "新名称"
