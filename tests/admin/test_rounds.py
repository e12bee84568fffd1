"""Staff run a round: form, publication, closing, and the overview of all ministries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from followup.models import CouncilReport, FormVersion, Question, Report, Round
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.forms import create_form_draft
from outreach.models import AuditEntry, OutgoingMail, User
from outreach.rules.wareki import format_wareki_at
from tests.admin.browser import fields_of, queries
from tests.factories import (
    NOW,
    make_asked_report,
    make_frozen_report,
    make_notification,
    make_report,
    make_round,
    make_submission,
)

pytestmark = pytest.mark.django_db


def step(collection: Round, verb: str) -> str:
    return reverse(f"admin:followup_round_{verb}", args=[collection.pk])


@pytest.fixture
def undecided() -> Round:
    return make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)


def make_draft(collection: Round, staff: User) -> FormVersion:
    return create_form_draft(round=collection, actor=staff, now=NOW)


def test_the_versions_of_a_form_say_when_they_were_published_as_officers_read_dates(desk: Client) -> None:
    version = make_asked_report(bodies=1).form_version
    assert version is not None

    page = desk.get(reverse("admin:followup_round_change", args=[version.round_id])).content.decode()

    assert version.published_at is not None
    assert format_wareki_at(version.published_at) in page


def test_a_draft_begins_as_the_standard_form(desk: Client, undecided: Round) -> None:
    desk.post(step(undecided, "create-form"))

    assert undecided.form_versions.get().questions.filter(key="reach_status").exists()


def form_page(version: FormVersion) -> str:
    return reverse("admin:followup_formversion_change", args=[version.pk])


def test_choices_are_edited_as_lines_of_code_and_label(desk: Client, undecided: Round, staff: User) -> None:
    version = make_draft(undecided, staff)
    Question.objects.filter(form_version=version).exclude(key="issue_style").delete()
    version.cross_checks.all().delete()
    data = fields_of(desk.get(form_page(version)).content.decode())
    name = next(key for key in data if key.endswith("-choices"))

    desk.post(form_page(version), data | {name: "memo 事務連絡\r\nletter 公文書\r\nother その他（その他）"})

    assert version.questions.get().choices == [
        {"code": "memo", "label": "事務連絡", "is_other": False},
        {"code": "letter", "label": "公文書", "is_other": False},
        {"code": "other", "label": "その他", "is_other": True},
    ]


def test_a_choice_without_a_label_is_refused(desk: Client, undecided: Round, staff: User) -> None:
    version = make_draft(undecided, staff)
    data = fields_of(desk.get(form_page(version)).content.decode())
    name = next(key for key in data if key.endswith("-choices"))

    page = desk.post(form_page(version), data | {name: "memo"})

    assert "コードと表示を空白で区切って" in page.content.decode()


def test_a_colleague_who_edited_the_same_draft_first_is_not_overwritten(
    desk: Client, undecided: Round, staff: User
) -> None:
    version = make_draft(undecided, staff)
    data = fields_of(desk.get(form_page(version)).content.decode())
    question = version.questions.first()
    assert question is not None
    question.label = "同僚が直した設問"
    question.save(update_fields=["label"])

    page = desk.post(form_page(version), data | {"instructions": "新しい要領"})

    assert page.status_code == 409
    version.refresh_from_db()
    assert version.instructions != "新しい要領"


def test_publishing_shows_reach_and_mail_first_and_then_opens_the_round(
    desk: Client, undecided: Round, staff: User
) -> None:
    report = make_report(collection=undecided)
    version = make_draft(undecided, staff)
    url = reverse("admin:followup_formversion_publish", args=[version.pk])

    preview = desk.post(url, {"due_on": "令和5年10月6日"}).content.decode()
    undecided.refresh_from_db()

    assert undecided.status == RoundStatus.FORM_UNDECIDED
    assert "1府省庁" in preview
    assert f"{report.assignment.ministry.name}　御担当者様" in preview
    assert "令和5年10月6日（金）" in preview

    desk.post(url, {"due_on": "令和5年10月6日", "confirmed": "1"})
    undecided.refresh_from_db()

    assert (undecided.status, undecided.due_on) == (RoundStatus.OPEN, date(2023, 10, 6))
    assert OutgoingMail.objects.filter(to=report.assignment.ministry.mailbox).exists()


def test_a_published_form_is_shown_and_cannot_be_saved(desk: Client) -> None:
    version = FormVersion.objects.get(round=make_round())

    page = desk.get(form_page(version))
    saved = desk.post(form_page(version), {"instructions": "変更"})

    assert 'name="_save"' not in page.content.decode()
    assert saved.status_code == 403


@pytest.mark.parametrize(
    ("typed", "problem"), [("2023-09-01", "本日以降の日"), ("令和500年9月22日", "年が遠すぎます")]
)
def test_a_due_date_that_cannot_be_is_refused_before_the_preview(
    desk: Client, undecided: Round, staff: User, typed: str, problem: str
) -> None:
    version = make_draft(undecided, staff)
    url = reverse("admin:followup_formversion_publish", args=[version.pk])

    page = desk.post(url, {"due_on": typed}).content.decode()

    assert problem in page
    assert "まだ公開していません" not in page


def test_the_preview_says_that_a_due_date_is_no_opening_day(
    desk: Client, undecided: Round, staff: User
) -> None:
    version = make_draft(undecided, staff)
    url = reverse("admin:followup_formversion_publish", args=[version.pk])

    holiday = desk.post(url, {"due_on": "2023-09-18"}).content.decode()
    opening = desk.post(url, {"due_on": "2023-09-19"}).content.decode()

    assert "令和5年9月18日（月）は閉庁日（敬老の日）です" in holiday
    assert "閉庁日" not in opening


def test_a_round_is_closed_resumed_with_a_reason_and_fixed(desk: Client) -> None:
    collection = make_round()

    statuses = []
    for verb, data in (("close", {}), ("resume", {"reason": "追加の提出のため"}), ("close", {}), ("fix", {})):
        desk.post(step(collection, verb), data)
        collection.refresh_from_db()
        statuses.append(collection.status)

    assert statuses == [RoundStatus.CLOSED, RoundStatus.OPEN, RoundStatus.CLOSED, RoundStatus.FIXED]


def test_a_step_that_the_table_forbids_is_told_and_changes_nothing(desk: Client) -> None:
    collection = make_round()

    page = desk.post(step(collection, "fix")).content.decode()
    collection.refresh_from_db()

    assert "現在の状態では「確定する」ことができません" in page
    assert collection.status == RoundStatus.OPEN


def test_the_overview_shows_each_ministry_and_labelled_totals(desk: Client) -> None:
    report = make_asked_report(bodies=2)
    make_notification(report.assignment, issued_on=None)

    page = desk.get(reverse("admin:followup_round_progress", args=[report.round_id])).content.decode()

    assert report.assignment.ministry.name in page
    assert "発出先（延べ）" in page
    assert "発出先（実数）" in page
    assert "3団体" in page


def test_the_overview_asks_as_much_for_twenty_ministries_as_for_one(desk: Client) -> None:
    collection = make_round()
    make_notification(make_report(collection=collection).assignment)
    url = reverse("admin:followup_round_progress", args=[collection.pk])

    counting_one, one = queries(desk, url), queries(desk, url)
    for _ in range(19):
        make_notification(make_report(collection=collection).assignment)
    counting_twenty, twenty = queries(desk, url), queries(desk, url)

    assert twenty == one
    assert counting_twenty <= counting_one


def test_the_council_report_is_ordered_from_its_round_and_listed(desk: Client) -> None:
    report = make_submission().report
    Report.objects.filter(pk=report.pk).update(status=ReportStatus.ACCEPTED)

    page = desk.post(step(report.round, "council-report"), follow=True)

    assert CouncilReport.objects.get().round == report.round
    assert "作成待ち" in page.content.decode()
    assert "refresh.js" in page.content.decode()


def test_a_file_that_is_gone_is_told_and_not_a_crash(desk: Client) -> None:
    report = make_frozen_report()
    default_storage.delete(str(report.files.get(kind="data").file.name))

    page = desk.get(reverse("admin:followup_councilreport_file", args=[report.pk, "data"]), follow=True)

    assert page.status_code == 200
    assert "ファイルが保存先に見つかりません" in page.content.decode()


def test_a_file_that_was_changed_on_disk_is_not_handed_out(desk: Client) -> None:
    report = make_frozen_report()
    path = Path(report.files.get(kind="paper").file.path)
    path.write_bytes(path.read_bytes() + b"x")

    page = desk.get(reverse("admin:followup_councilreport_file", args=[report.pk, "paper"]), follow=True)

    assert "作成したときと異なります（SHA-256の不一致）" in page.content.decode()
    assert AuditEntry.objects.get(action="取りまとめのファイルの異常を検知").object_id == str(report.pk)
