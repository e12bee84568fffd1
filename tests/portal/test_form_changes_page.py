"""The pages of a draft whose form changed: the banner, the comparison, 確認しました, 追加の設問."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from followup.models import BodyAnswer, Report
from outreach.models import AuditEntry, Role
from tests.admin.browser import queries
from tests.factories import TODAY, make_answered_report, make_notification, make_officer, make_submission
from tests.followup.test_new_versions import add, drop_choice, publish_next

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _rehearsal(settings: Any) -> None:
    settings.OUTREACH_TODAY = TODAY


@pytest.fixture
def enter() -> Callable[..., Client]:
    def client_of(report: Report, **fields: Any) -> Client:
        client = Client()
        client.force_login(make_officer(report.assignment.ministry, **fields))
        return client

    return client_of


def page(name: str, report: Report) -> str:
    return reverse(f"portal:{name}", args=[report.pk])


def fields_of(html: str) -> dict[str, list[str]]:
    """Return the last form of a page as a browser would send it: nothing of what is disabled."""
    form = BeautifulSoup(html, "html.parser").select('main form[method="post"]')[-1]
    data: dict[str, list[str]] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        if field.has_attr("disabled") or (field.get("type") == "checkbox" and not field.has_attr("checked")):
            continue
        chosen = field.select_one("option[selected]") if field.name == "select" else field
        value = field.text.removeprefix("\n") if field.name == "textarea" else chosen and chosen.get("value")
        data.setdefault(str(field["name"]), []).append(str(value or ""))
    return data


def changed_report(bodies: int = 1) -> Report:
    report = make_answered_report(bodies=bodies)
    publish_next(report, add(), drop_choice("issue_style", "memo"), drop_choice("reach_status", "done"))
    return Report.objects.get(pk=report.pk)


def test_a_banner_leads_to_the_comparison_until_somebody_confirmed_it(enter: Callable[..., Client]) -> None:
    report = changed_report()
    officer = enter(report)

    for name in ("report_detail", "report_edit", "report_rows", "report_submit"):
        assert page("report_form_changes", report) in officer.get(page(name, report)).content.decode()
    html = officer.get(page("report_form_changes", report)).content.decode()
    assert "事務連絡" in html
    assert "元の回答は変更後の設問に合いません" in html
    assert "引き継げなかった回答のある団体（1団体）" in html

    officer.post(page("report_confirm_form_changes", report), fields_of(html))

    assert Report.objects.get(pk=report.pk).previous_form is None
    assert (
        page("report_form_changes", report) not in officer.get(page("report_detail", report)).content.decode()
    )
    assert AuditEntry.objects.filter(action="報告：様式の変更を確認").count() == 1
    assert (
        "確認の済んでいない様式の変更はありません"
        in officer.get(page("report_form_changes", report)).content.decode()
    )


def test_a_confirmation_of_what_has_changed_again_is_not_taken(enter: Callable[..., Client]) -> None:
    report = changed_report()
    officer = enter(report)
    seen = fields_of(officer.get(page("report_form_changes", report)).content.decode())
    publish_next(report, add("visits", order=910))

    answer = officer.post(page("report_confirm_form_changes", report), seen, follow=True)

    assert "様式がまた変わりました" in answer.content.decode()
    assert Report.objects.get(pk=report.pk).previous_form is not None


@pytest.mark.parametrize("data", [{}, {"form": "x"}, {"form": "99999999999999"}])
def test_a_confirmation_without_its_version_confirms_nothing(
    enter: Callable[..., Client], data: dict[str, str]
) -> None:
    report = changed_report()

    enter(report).post(page("report_confirm_form_changes", report), data)

    assert Report.objects.get(pk=report.pk).previous_form is not None


def test_a_viewer_sees_the_comparison_and_cannot_confirm_it(enter: Callable[..., Client]) -> None:
    report = changed_report()
    viewer = enter(report, role=Role.VIEWER)

    html = viewer.get(page("report_form_changes", report)).content.decode()

    assert "確認しました" not in html
    assert (
        viewer.post(page("report_confirm_form_changes", report), {"form": report.form_version_id}).status_code
        == 403
    )


def test_the_comparison_asks_as_much_for_twenty_bodies_as_for_one(enter: Callable[..., Client]) -> None:
    report = changed_report()
    officer = enter(report)
    url = page("report_form_changes", report)
    one = queries(officer, url)
    stored = BodyAnswer.objects.get()

    for _ in range(20):
        BodyAnswer.objects.create(
            report=report,
            notification=make_notification(report.assignment),
            answers=stored.answers,
            updated_at=stored.updated_at,
            updated_by=stored.updated_by,
        )

    assert queries(officer, url) == one
    assert "（21団体）" in officer.get(url).content.decode()


def test_only_the_additional_questions_take_an_answer(enter: Callable[..., Client]) -> None:
    report = make_submission().report
    publish_next(report, add(), asks_submitted=True)
    officer = enter(report)
    html = officer.get(page("report_edit", report)).content.decode()

    officer.post(page("report_edit", report), fields_of(html) | {"training": "true", "issue_style": "mail"})

    answers = Report.objects.get(pk=report.pk).answers
    assert "追加の設問への回答をお願いします" in html
    assert "提出済みの回答です" in html
    assert (answers["training"], answers["issue_style"]) == (True, "memo")


def test_submitted_rows_are_shown_and_kept_when_only_the_ministry_is_asked(
    enter: Callable[..., Client],
) -> None:
    report = make_submission().report
    publish_next(report, add(), asks_submitted=True)
    before = list(BodyAnswer.objects.order_by("pk").values_list("answers", "version"))
    officer = enter(report)
    html = officer.get(page("report_rows", report)).content.decode()

    answer = officer.post(page("report_rows", report), fields_of(html), follow=True)

    assert "変更はありません" in answer.content.decode()
    assert list(BodyAnswer.objects.order_by("pk").values_list("answers", "version")) == before
