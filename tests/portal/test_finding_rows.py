"""Finding what is left to do: filters over the bodies, and the way from one problem to the next."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import Report
from followup.services.drafts import save_answers
from followup.views import row_answers
from outreach.models import BodyCategory, User
from tests.factories import (
    BODY_ANSWERS,
    NOW,
    make_answered_report,
    make_asked_report,
    make_body,
    make_notification,
    make_officer,
)
from tests.portal.test_report_pages import open_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def address(name: str, report: Report) -> str:
    return reverse(f"portal:{name}", args=[report.pk])


def answer_row(report: Report, user: User, pk: int, **answers: Any) -> None:
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers={pk: (None, answers)},
        actor=user,
        now=NOW,
    )


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"甲協会", "乙機構", "丙協会"}),
        ("?category=special", {"乙機構"}),
        ("?template=1", {"甲協会", "丙協会"}),
        ("?show=blank", {"丙協会"}),
        ("?show=problem", {"乙機構", "丙協会"}),
        ("?show=problem&category=industry", {"丙協会"}),
        ("?q=協会&show=blank", {"丙協会"}),
        ("?q=協 会", {"甲協会", "丙協会"}),
        ("?show=returned", set()),
        ("?template=9", set()),
    ],
)
@pytest.mark.parametrize("counted_rows", [1000, 2])  # of more, answers are not read for paging
def test_the_bodies_are_filtered_by_state_category_template_and_name(
    client: Client, monkeypatch: pytest.MonkeyPatch, counted_rows: int, query: str, shown: set[str]
) -> None:
    monkeypatch.setattr(row_answers, "COUNTED_ROWS", counted_rows)
    report = make_asked_report(bodies=0)
    ministry, user = report.assignment.ministry, make_officer(report.assignment.ministry)
    notices = {
        name: make_notification(report.assignment, make_body(ministry, name=name, category=category)).pk
        for name, category in (
            ("甲協会", BodyCategory.INDUSTRY),
            ("乙機構", BodyCategory.SPECIAL),
            ("丙協会", BodyCategory.INDUSTRY),
        )
    }
    answer_row(report, user, notices["甲協会"], **BODY_ANSWERS)
    answer_row(report, user, notices["乙機構"], reach_status="done")
    client.force_login(user)

    page = client.get(address("report_rows", report) + query).content.decode()

    assert {name for name in notices if f">{name}</h2>" in page} == shown


def test_the_page_of_very_many_bodies_says_where_they_are_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_answers, "COUNTED_ROWS", 1)
    report = make_asked_report(bodies=2)
    first, second = report.assignment.notifications.order_by("body__name")
    client.force_login(make_officer(report.assignment.ministry))

    page = client.get(address("report_rows", report)).content.decode()
    one = client.get(address("report_rows", report) + f"?row={second.pk}").content.decode()

    assert page.index(f">{first.body}</h2>") < page.index(f">{second.body}</h2>")
    assert "団体が多いため、入力の状況の数は" in page
    assert f">{first.body}</h2>" not in one
    assert f">{second.body}</h2>" in one


def test_the_page_counts_the_bodies_by_state(client: Client) -> None:
    report = make_asked_report(bodies=3)
    user = make_officer(report.assignment.ministry)
    first, second, _third = report.assignment.notifications.order_by("pk")
    answer_row(report, user, first.pk, **BODY_ANSWERS)
    answer_row(report, user, second.pk, reach_status="done")
    client.force_login(user)

    rows = client.get(address("report_rows", report)).content.decode()
    overview = client.get(address("report_detail", report)).content.decode()

    for label in ("入力あり", "未入力", "要修正"):
        assert f'<dt>{label}</dt><dd class="figure-number">1</dd>' in rows
    assert "未入力 1団体・要修正 1団体" in overview
    assert "件のうち" in overview


def test_the_sections_say_how_far_they_are(client: Client) -> None:
    report = make_asked_report()
    client.force_login(make_officer(report.assignment.ministry))

    page = client.get(address("report_edit", report)).content.decode()

    assert "入力済み 2／3問・不足や誤り 1か所" in page
    assert 'href="#section-2"' in page
    assert 'id="section-2"' in page


def follow(client: Client, report: Report, after: str) -> str:
    response = client.get(address("report_next_problem", report), {"after": after})
    assert response.status_code == 302
    return str(response["Location"])


def test_the_next_problem_is_the_next_field_in_order_and_the_first_after_the_last(client: Client) -> None:
    report = make_asked_report(bodies=2)
    client.force_login(make_officer(report.assignment.ministry))
    edit, rows = address("report_edit", report), address("report_rows", report)
    first, second = [
        row.pk for row in report.assignment.notifications.order_by("template__number", "body__name", "pk")
    ]

    assert follow(client, report, "") == f"{edit}?check=1&at=issue_style#id_issue_style"
    assert follow(client, report, "issue_style") == (
        f"{edit}?check=1&at=insurance_methods#id_insurance_methods_0"
    )
    assert follow(client, report, "account_on").startswith(
        f"{rows}?check=1&at=row-{first}-reach_status&page=1"
    )
    assert follow(client, report, f"row-{first}-obstacle").endswith(f"#id_row-{second}-reach_status")
    assert follow(client, report, f"row-{second}-obstacle") == follow(client, report, "")
    assert follow(client, report, "row-0-nothing") == follow(client, report, "")


def test_the_next_problem_of_the_fifty_first_body_is_on_the_second_page(client: Client) -> None:
    report = make_answered_report(bodies=1)
    for number in range(50):
        make_notification(report.assignment, make_body(report.assignment.ministry, name=f"龠協会{number:02}"))
    user = make_officer(report.assignment.ministry)
    rows = list(report.assignment.notifications.order_by("template__number", "body__name", "pk"))
    for row in rows[1:50]:
        answer_row(report, user, row.pk, **BODY_ANSWERS)
    client.force_login(user)

    location = follow(client, report, "")

    assert "page=2" in location
    assert f'id="{location.split("#")[1]}"' in client.get(location).content.decode()


def test_the_button_saves_and_goes_on_from_the_field_one_was_in(client: Client) -> None:
    report = make_asked_report(bodies=1)
    client.force_login(make_officer(report.assignment.ministry))
    edit = address("report_edit", report)
    posted = open_form(client, edit) | {
        "has_bodies": "true",
        "issue_style": "memo",
        "next": "problem",
        "after": "insurance_methods",
    }

    response = client.post(edit, posted, follow=True)

    assert response.redirect_chain[-1][0] == f"{edit}?check=1&at=account_methods#id_account_methods_0"
    assert 'name="after" value="account_methods"' in response.content.decode()
    assert Report.objects.get(pk=report.pk).answers["issue_style"] == "memo"


def test_without_problems_the_way_leads_to_the_submission(client: Client) -> None:
    report = make_answered_report()
    client.force_login(make_officer(report.assignment.ministry))

    response = client.get(address("report_next_problem", report), follow=True)

    assert response.redirect_chain[-1][0] == address("report_submit", report)
    assert "入力の不足や誤りはありません。" in response.content.decode()
