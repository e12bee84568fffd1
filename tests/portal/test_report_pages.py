"""The officers' pages of a report, through the door that officers use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import BodyAnswer, Report, Submission
from followup.rules.status import ReportStatus
from followup.services.points import ReturnPointInput
from followup.services.review import return_report
from outreach.models import Role, User
from tests.factories import (
    NOW,
    make_answered_report,
    make_asked_report,
    make_assignment,
    make_notification,
    make_officer,
    make_report,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]
Assertion = Callable[..., Any]
HOME_QUERIES = 10
ROW_QUERIES = 13


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def url(name: str, pk: int) -> str:
    return reverse(f"portal:{name}", args=[pk])


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of a page, by name."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: value.replace("&quot;", '"') for name, value in found}


def open_form(client: Client, address: str) -> dict[str, Any]:
    """Return what a browser would post back from a form that nobody touched (hidden fields only)."""
    fields = fields_of(client.get(address).content.decode())
    fields.pop("csrfmiddlewaretoken", None)
    return dict(fields)


def test_the_home_page_shows_what_is_open_by_due_date_with_the_next_step(client: Client) -> None:
    report = make_asked_report(bodies=1)
    make_notification(report.assignment, issued_on=None)
    ministry = report.assignment.ministry
    later = make_assignment(ministry)

    page = enter(client, make_officer(ministry)).get(reverse("portal:home")).content.decode()

    assert page.index(f"/portal/requests/{report.assignment.pk}/") < page.index(
        f"/portal/requests/{later.pk}/"
    )
    assert "対象 2団体のうち、発出済み 1団体（ひな形1：1団体、ひな形2：0団体）" in page
    assert "発出を記録する" in page
    assert "令和5年10月6日（金）" in page


@pytest.mark.parametrize("requests", [1, 8])
def test_the_home_page_costs_the_same_for_one_request_and_for_eight(
    client: Client, requests: int, django_assert_num_queries: Assertion
) -> None:
    report = make_asked_report(bodies=1)
    for _ in range(requests - 1):
        make_asked_report(report.assignment.ministry, bodies=1)
    enter(client, make_officer(report.assignment.ministry))
    client.get(reverse("portal:home"))

    with django_assert_num_queries(HOME_QUERIES):
        client.get(reverse("portal:home"))


def test_the_home_page_says_in_words_that_a_report_is_overdue(client: Client) -> None:
    report = make_asked_report(bodies=1)
    Report.objects.update(due_on=date(2023, 9, 1))

    page = enter(client, make_officer(report.assignment.ministry)).get(reverse("portal:home"))

    assert "期限を過ぎています" in page.content.decode()


@pytest.mark.parametrize(
    "page",
    ["report_detail", "report_edit", "report_rows", "report_no_body", "report_submit"],
)
def test_a_report_of_another_ministry_is_not_there(client: Client, page: str) -> None:
    report = make_asked_report()
    enter(client, make_officer())

    assert client.get(url(page, report.pk)).status_code == 404


@pytest.mark.parametrize("page", ["submission_detail", "submission_compare"])
def test_a_submission_of_another_ministry_is_not_there(client: Client, page: str) -> None:
    submission = make_submission()
    enter(client, make_officer())

    assert client.get(url(page, submission.pk)).status_code == 404


def test_a_viewer_reads_and_does_not_write(client: Client) -> None:
    report = make_answered_report()
    enter(client, make_officer(report.assignment.ministry, role=Role.VIEWER))

    assert client.get(url("report_detail", report.pk)).status_code == 200
    for page in ("report_edit", "report_rows", "report_submit", "report_revise", "report_ask_review"):
        assert client.post(url(page, report.pk)).status_code == 403


def test_a_draft_is_saved_incomplete_and_read_in_any_width(client: Client) -> None:
    report = make_asked_report()
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_edit", report.pk)
    posted = open_form(client, address) | {
        "has_bodies": "true",
        "issue_style": "other",
        "issue_style__other": "口頭",
        "issued_on": "令和５年８月31日",
        "insurance_staff": "１，２００",
    }

    response = client.post(address, posted)

    assert response.status_code == 302
    assert Report.objects.get(pk=report.pk).answers == {
        "issue_style": "other",
        "issue_style__other": "口頭",
        "issued_on": "2023-08-31",
        "insurance_staff": 1200,
    }


def test_a_bad_value_is_told_beside_its_field_and_nothing_typed_is_lost(client: Client) -> None:
    report = make_asked_report()
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_edit", report.pk)
    posted = open_form(client, address) | {"insurance_staff": "約千人", "insurance_on": "R5.9.1"}

    response = client.post(address, posted)

    page = response.content.decode()
    assert response.status_code == 400
    assert 'value="約千人"' in page
    assert 'value="R5.9.1"' in page
    assert "数として読み取れません" in page
    assert 'href="#id_insurance_staff"' in page
    assert Report.objects.get(pk=report.pk).answers == {}


def test_two_officers_who_change_different_questions_both_keep_theirs(client: Client) -> None:
    report = make_asked_report()
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_edit", report.pk)
    mine, theirs = open_form(client, address), open_form(client, address)

    client.post(address, theirs | {"insurance_staff": "100"})
    response = client.post(address, mine | {"account_staff": "50"})

    assert response.status_code == 302
    assert Report.objects.get(pk=report.pk).answers == {"insurance_staff": 100, "account_staff": 50}


def test_a_colleagues_newer_answer_is_shown_and_not_overwritten(client: Client) -> None:
    report = make_asked_report()
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_edit", report.pk)
    mine, theirs = open_form(client, address), open_form(client, address)
    client.post(address, theirs | {"insurance_staff": "100", "account_staff": "9"})

    response = client.post(address, mine | {"insurance_staff": "200"})

    page = response.content.decode()
    assert response.status_code == 409
    assert "ほかの方が保存した内容：100人" in page
    assert 'name="insurance_staff" value="200"' in page
    assert 'name="account_staff" value="9"' in page
    assert Report.objects.get(pk=report.pk).answers == {"insurance_staff": 100, "account_staff": 9}

    again = fields_of(page) | {"insurance_staff": "200", "account_staff": "9"}
    assert client.post(address, again).status_code == 302
    assert Report.objects.get(pk=report.pk).answers == {"insurance_staff": 200, "account_staff": 9}


def test_the_rows_of_a_page_are_saved_together(client: Client) -> None:
    report = make_asked_report(bodies=2)
    enter(client, make_officer(report.assignment.ministry))
    first, second = report.assignment.notifications.order_by("pk")
    address = url("report_rows", report.pk)
    posted = open_form(client, address) | {
        "row": [str(first.pk), str(second.pk)],
        f"row-{first.pk}-reach_status": "done",
        f"row-{first.pk}-reached_on": "R5.9.1",
        f"row-{first.pk}-reach_channels": ["mail", "other"],
        f"row-{first.pk}-reach_channels__other": "掲示板",
        f"row-{second.pk}-reach_status": "undecided",
        f"row-{second.pk}-reached_on": "2023-09-01",
    }

    response = client.post(address, posted)

    assert response.status_code == 302
    assert {row.notification_id: row.answers for row in BodyAnswer.objects.all()} == {
        first.pk: {
            "reach_status": "done",
            "reached_on": "2023-09-01",
            "reach_channels": ["mail", "other"],
            "reach_channels__other": "掲示板",
        },
        second.pk: {"reach_status": "undecided"},
    }


def test_one_bad_cell_keeps_the_whole_page_from_being_saved_and_everything_typed(client: Client) -> None:
    report = make_asked_report(bodies=2)
    enter(client, make_officer(report.assignment.ministry))
    first, second = report.assignment.notifications.order_by("pk")
    address = url("report_rows", report.pk)
    posted = open_form(client, address) | {
        "row": [str(first.pk), str(second.pk)],
        f"row-{first.pk}-member_count": "120",
        f"row-{second.pk}-member_count": "多数",
    }

    response = client.post(address, posted)

    page = response.content.decode()
    assert response.status_code == 400
    assert 'value="120"' in page
    assert 'value="多数"' in page
    assert f"{second.body.name}　会員事業者数（者）：数として読み取れません" in page
    assert not BodyAnswer.objects.exists()


def test_a_row_begun_says_at_once_what_is_wrong_in_it(client: Client) -> None:
    report = make_asked_report(bodies=2)
    begun = report.assignment.notifications.order_by("pk")[0]
    client = enter(client, make_officer(report.assignment.ministry))
    data = open_form(client, url("report_rows", report.pk)) | {"row": [begun.pk]}
    prefix = f"row-{begun.pk}-"
    data |= {f"{prefix}reach_status": "done", f"{prefix}member_count": "5"}
    client.post(url("report_rows", report.pk), data | {f"{prefix}reached_member_count": "6"})

    page = client.get(url("report_rows", report.pk)).content.decode()

    assert "周知した会員数が会員事業者数を超えています。" in page
    assert page.count("要修正") == 2  # the count over the page, and the row
    assert page.count("未入力") >= 1


def test_a_row_that_a_colleague_changed_meanwhile_is_shown_with_both_values(client: Client) -> None:
    report = make_asked_report(bodies=1)
    enter(client, make_officer(report.assignment.ministry))
    notice = report.assignment.notifications.get()
    address = url("report_rows", report.pk)
    mine, theirs = open_form(client, address), open_form(client, address)
    prefix = f"row-{notice.pk}"
    client.post(address, theirs | {f"{prefix}-member_count": "10", f"{prefix}-onsite_count": "3"})

    response = client.post(address, mine | {f"{prefix}-member_count": "20"})

    page = response.content.decode()
    assert response.status_code == 409
    assert "ほかの方が保存した内容：10者" in page
    assert f'name="{prefix}-member_count" value="20"' in page
    assert f'name="{prefix}-onsite_count" value="3"' in page
    assert BodyAnswer.objects.get().answers == {"member_count": 10, "onsite_count": 3}


def test_a_row_untouched_by_me_stays_as_my_colleague_left_it(client: Client) -> None:
    report = make_asked_report(bodies=2)
    enter(client, make_officer(report.assignment.ministry))
    first, second = report.assignment.notifications.order_by("pk")
    address = url("report_rows", report.pk)
    rows = {"row": [str(first.pk), str(second.pk)]}
    mine, theirs = open_form(client, address) | rows, open_form(client, address) | rows
    client.post(address, theirs | {f"row-{first.pk}-member_count": "10"})

    response = client.post(address, mine | {f"row-{second.pk}-member_count": "20"})

    assert response.status_code == 302
    assert {row.notification_id: row.answers for row in BodyAnswer.objects.all()} == {
        first.pk: {"member_count": 10},
        second.pk: {"member_count": 20},
    }


def test_a_row_of_another_ministry_makes_the_whole_page_not_found(client: Client) -> None:
    report = make_asked_report(bodies=1)
    foreign = make_asked_report(bodies=1).assignment.notifications.get()
    enter(client, make_officer(report.assignment.ministry))
    own = report.assignment.notifications.get()

    response = client.post(
        url("report_rows", report.pk),
        {"row": [str(own.pk), str(foreign.pk)], f"row-{own.pk}-member_count": "1"},
    )

    assert response.status_code == 404
    assert not BodyAnswer.objects.exists()


def test_rows_without_an_answer_are_found_by_the_filter(client: Client) -> None:
    report = make_asked_report(bodies=2)
    enter(client, make_officer(report.assignment.ministry))
    first, second = report.assignment.notifications.order_by("pk")
    BodyAnswer.objects.create(
        report=report,
        notification=first,
        answers={"member_count": 1},
        updated_at=NOW,
        updated_by=make_staff(),
    )

    page = client.get(url("report_rows", report.pk) + "?show=blank").content.decode()

    assert second.body.name in page
    assert first.body.name not in page


@pytest.mark.parametrize("bodies", [1, 20])
def test_the_page_of_rows_costs_the_same_for_one_body_and_for_twenty(
    client: Client, bodies: int, django_assert_num_queries: Assertion
) -> None:
    report = make_asked_report(bodies=bodies)
    enter(client, make_officer(report.assignment.ministry))
    client.get(url("report_rows", report.pk))

    with django_assert_num_queries(ROW_QUERIES):
        client.get(url("report_rows", report.pk))


def test_what_is_missing_is_listed_before_submission_with_links_to_the_fields(client: Client) -> None:
    report = make_asked_report(bodies=1)
    enter(client, make_officer(report.assignment.ministry))
    notice = report.assignment.notifications.get()

    page = client.get(url("report_submit", report.pk)).content.decode()

    assert f"?row={notice.pk}&amp;check=1#id_row-{notice.pk}-reach_status" in page
    assert "?check=1#id_issue_style" in page
    assert "提出する</button>" not in page


def test_the_linked_page_says_what_is_missing_beside_the_field(client: Client) -> None:
    report = make_asked_report(bodies=1)
    enter(client, make_officer(report.assignment.ministry))

    page = client.get(url("report_edit", report.pk) + "?check=1").content.decode()

    assert page.count("回答を入力してください。") >= 3


def test_a_report_is_submitted_by_the_button_and_the_receipt_is_shown(client: Client) -> None:
    report = make_answered_report()
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_submit", report.pk)

    response = client.post(address, open_form(client, address), follow=True)

    submission = Submission.objects.get()
    assert response.redirect_chain == [(url("submission_detail", submission.pk), 302)]
    assert f"受付番号は {submission.receipt_number} です" in response.content.decode()


def test_a_second_click_shows_the_first_receipt(client: Client) -> None:
    report = make_answered_report()
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_submit", report.pk)
    posted = open_form(client, address)
    client.post(address, posted)

    response = client.post(address, posted, follow=True)

    submission = Submission.objects.get()
    assert response.redirect_chain == [(url("submission_detail", submission.pk), 302)]
    assert "既に提出されています" in response.content.decode()


def test_a_contributor_asks_for_confirmation_and_the_coordinator_gives_it_back(client: Client) -> None:
    report = make_answered_report()
    ministry = report.assignment.ministry
    enter(client, make_officer(ministry, role=Role.CONTRIBUTOR))
    posted = open_form(client, url("report_submit", report.pk))

    client.post(url("report_ask_review", report.pk), posted)
    assert Report.objects.get(pk=report.pk).status == ReportStatus.IN_REVIEW
    enter(client, make_officer(ministry))
    home = client.get(reverse("portal:home")).content.decode()
    client.post(url("report_send_back", report.pk), {"comment": "会員数を確認してください。"})

    assert "部内確認をする" in home
    assert Report.objects.get(pk=report.pk).status == ReportStatus.DRAFT
    assert "会員数を確認してください。" in client.get(url("report_detail", report.pk)).content.decode()


def test_returned_points_stand_beside_their_fields_and_in_a_summary(client: Client) -> None:
    report = make_answered_report(bodies=1)
    notice = report.assignment.notifications.get()
    make_submission(report)
    points = [
        ReturnPointInput("insurance_staff", None, "人数を御記入ください。"),
        ReturnPointInput("reached_on", notice.pk, "日付を確認してください。"),
    ]
    return_report(
        report=report, reason="2点の確認をお願いします。", points=points, actor=make_staff(), now=NOW
    )
    enter(client, make_officer(report.assignment.ministry))

    detail = client.get(url("report_detail", report.pk)).content.decode()
    edit = client.get(url("report_edit", report.pk)).content.decode()
    rows = client.get(url("report_rows", report.pk) + "?show=returned").content.decode()

    assert "2点の確認をお願いします。" in detail
    assert f"{notice.body.name}・周知日" in detail
    assert "確認のお願い：人数を御記入ください。" in edit
    assert "確認のお願い：日付を確認してください。" in rows


def test_the_comparison_shows_old_and_new(client: Client) -> None:
    report = make_answered_report(bodies=2)
    first, second = report.assignment.notifications.order_by("pk")
    officer = make_officer(report.assignment.ministry)
    make_submission(report)
    return_report(report=report, reason="確認してください。", actor=make_staff(), now=NOW)
    BodyAnswer.objects.filter(notification=first).update(answers={"reach_status": "undecided"})
    third = make_notification(report.assignment)
    BodyAnswer.objects.create(
        report=report,
        notification=third,
        answers={"reach_status": "undecided"},
        updated_at=NOW,
        updated_by=officer,
    )
    newer = make_submission(report)

    page = enter(client, officer).get(url("submission_compare", newer.pk)).content.decode()

    assert "<del>周知した</del>" in page
    assert "<ins>未定</ins>" in page
    assert "追加された団体（1）" in page
    assert third.body.name in page
    assert second.body.name not in page


@pytest.mark.parametrize("base", ["0", "2", "x", "-1", "9999999999999999999999"])
def test_there_is_nothing_to_compare_with_a_version_that_is_not_earlier(client: Client, base: str) -> None:
    submission = make_submission()
    enter(client, make_officer(submission.report.assignment.ministry))

    response = client.get(url("submission_compare", submission.pk), {"base": base})

    assert response.status_code == 404


def test_before_the_form_is_out_the_page_says_so_and_takes_no_answers(client: Client) -> None:
    collection = make_round(status="form_undecided", due_on=None)
    report = make_report(collection=collection)
    enter(client, make_officer(report.assignment.ministry))

    page = client.get(url("report_detail", report.pk)).content.decode()
    response = client.post(url("report_edit", report.pk), {"form__version": "1"})

    assert "様式はまだ公開されていません" in page
    assert response.status_code == 409


def test_no_body_is_entered_with_a_reason(client: Client) -> None:
    report = make_asked_report(bodies=0)
    enter(client, make_officer(report.assignment.ministry))
    address = url("report_no_body", report.pk)

    client.post(address, open_form(client, address) | {"reason": "所管する団体がないため。"})

    assert Report.objects.get(pk=report.pk).no_body_reason == "所管する団体がないため。"
