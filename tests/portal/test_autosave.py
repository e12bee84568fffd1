"""Pages that save by themselves: what is posted in the background, and what comes back in its place."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from followup.models import BodyAnswer, Report, Round
from followup.rules.status import RoundStatus
from outreach.models import AuditEntry, Role, User
from tests.factories import NOW, make_asked_report, make_officer
from tests.portal.test_report_pages import open_form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_on_the_fourth_of_september")]


@pytest.fixture
def _on_the_fourth_of_september() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


LEDGER = {"has_bodies": "true", "issued_on": "令和5年9月1日"}
"""What the ledger has put into the fields of the ministry's own page."""


class Page:
    """An open page of an officer: its fields, posted by itself and renewed by what comes back."""

    def __init__(self, user: User, report: Report, name: str = "report_edit", query: str = "") -> None:
        self.client = Client()
        self.client.force_login(user)
        self.address = reverse(f"portal:{name}", args=[report.pk]) + query
        self.fields = LEDGER | open_form(self.client, self.address)

    def type(self, **typed: Any) -> Any:
        """Type into fields and let the page save by itself."""
        self.fields |= typed
        response = self.client.post(self.address, self.fields, headers={"HX-Request": "true"})
        for tag in re.findall(r'<input type="hidden"[^>]+>', response.content.decode()):
            [name, value] = re.findall(r'(?:name|value)="([^"]*)"', tag)
            self.fields[name] = value.replace("&quot;", '"')
        return response

    def press(self) -> Any:
        return self.client.post(self.address, self.fields)


def stored(report: Report) -> dict[str, Any]:
    return dict(Report.objects.get(pk=report.pk).answers)


def notes_of(response: Any, name: str) -> str:
    """Return what stands in the notes of one field."""
    page = response.content.decode()
    found = re.search(rf'<div class="answer__notes" id="id_{name}_notes".*?</div>', page, re.DOTALL)
    assert found, page
    return found[0]


def test_what_is_typed_is_saved_and_only_the_places_beside_it_come_back() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)

    response = page.type(issue_style="memo")

    assert (response.status_code, response["Saved-At"]) == (200, "10:00")
    assert stored(report)["issue_style"] == "memo"
    text = response.content.decode()
    assert "<select" not in text
    assert "<html" not in text
    assert set(re.findall(r'hx-swap-oob="([^"]*)"', text)) == {"true"}
    assert "入力済み 3／3問" in text


def test_each_save_goes_on_from_the_one_before() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)

    page.type(issue_style="memo")
    page.type(insurance_staff="12")
    response = page.type(issue_style="official")

    assert "data-conflict" not in response.content.decode()
    assert {key: stored(report)[key] for key in ("issue_style", "insurance_staff")} == {
        "issue_style": "official",
        "insurance_staff": 12,
    }
    assert page.press().status_code == 302


def test_what_cannot_be_read_stays_unsaved_with_its_error_and_the_rest_is_saved() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)
    page.type(insurance_staff="12")

    response = page.type(insurance_staff="十二人くらい", account_staff="7")

    notes = notes_of(response, "insurance_staff")
    assert "data-unreadable" in notes
    assert "数として読み取れません" in notes
    assert (stored(report)["insurance_staff"], stored(report)["account_staff"]) == (12, 7)
    assert "data-unreadable" not in notes_of(page.type(insurance_staff="13"), "insurance_staff")
    assert stored(report)["insurance_staff"] == 13


def test_what_is_still_missing_is_not_told_while_one_types_unless_the_page_told_it() -> None:
    report = make_asked_report()
    user = make_officer(report.assignment.ministry)

    plain = Page(user, report).type(issue_style="memo")
    checked = Page(user, report, query="?check=1").type(issue_style="other")

    assert "回答を入力してください" not in plain.content.decode()
    assert "回答を入力してください" in notes_of(checked, "insurance_methods")
    assert "data-unreadable" not in notes_of(checked, "insurance_methods")


def test_a_save_without_a_change_leaves_no_trace() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)
    page.type(issue_style="memo")
    entries, version = AuditEntry.objects.count(), Report.objects.get(pk=report.pk).version

    page.type(issue_style="memo")

    assert (AuditEntry.objects.count(), Report.objects.get(pk=report.pk).version) == (entries, version)


def test_a_colleagues_answer_to_the_same_question_is_shown_and_neither_is_lost() -> None:
    report = make_asked_report()
    ministry = report.assignment.ministry
    mine, theirs = Page(make_officer(ministry), report), Page(make_officer(ministry), report)
    theirs.type(issue_style="official", insurance_staff="5")

    response = mine.type(issue_style="memo", account_staff="7")

    notes = notes_of(response, "issue_style")
    assert "data-conflict" in notes
    assert "公文書（文書番号あり）" in notes
    assert (stored(report)["issue_style"], stored(report)["account_staff"]) == ("official", 7)
    assert "data-conflict" in notes_of(mine.type(account_on="2023-09-01"), "issue_style")
    assert stored(report)["issue_style"] == "official"


def test_a_colleagues_answer_to_a_question_i_left_alone_is_shown_and_stays() -> None:
    report = make_asked_report()
    ministry = report.assignment.ministry
    mine, theirs = Page(make_officer(ministry), report), Page(make_officer(ministry), report)
    theirs.type(insurance_staff="5")

    mine.type(issue_style="memo")
    response = mine.type(issue_style="mail")

    notes = notes_of(response, "insurance_staff")
    assert "ほかの方が変更した内容：5人" in notes
    assert "data-conflict" not in notes
    assert stored(report)["insurance_staff"] == 5


def test_the_button_asks_which_of_two_answers_is_meant_and_then_takes_it() -> None:
    report = make_asked_report()
    ministry = report.assignment.ministry
    mine, theirs = Page(make_officer(ministry), report), Page(make_officer(ministry), report)
    theirs.type(issue_style="official")
    mine.type(issue_style="memo")

    asked = mine.press()
    mine.fields = (
        LEDGER
        | {
            name: value.replace("&quot;", '"')
            for name, value in re.findall(
                r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.content.decode()
            )
        }
        | {"issue_style": "memo"}
    )
    again = mine.press()

    assert asked.status_code == 409
    assert "ほかの方が保存した内容：公文書（文書番号あり）" in asked.content.decode()
    assert "data-autosave" not in asked.content.decode()
    assert again.status_code == 302
    assert stored(report)["issue_style"] == "memo"


def test_a_row_saves_by_itself_without_the_others_of_its_page() -> None:
    report = make_asked_report(bodies=3)
    page = Page(make_officer(report.assignment.ministry), report, "report_rows")
    first, second, _third = report.assignment.notifications.order_by("pk")
    page.fields = {name: value for name, value in page.fields.items() if not name.startswith("row")} | {
        "row": [second.pk]
    }

    response = page.type(**{f"row-{second.pk}-reach_status": "planned"})

    assert BodyAnswer.objects.get().notification == second
    text = response.content.decode()
    assert f'id="row-{second.pk}-state"' in text
    assert "入力あり" in text
    assert f"row-{first.pk}-" not in text


def test_two_officers_in_one_row_keep_what_each_wrote_first() -> None:
    report = make_asked_report(bodies=1)
    ministry = report.assignment.ministry
    mine = Page(make_officer(ministry), report, "report_rows")
    theirs = Page(make_officer(ministry), report, "report_rows")
    prefix = f"row-{report.assignment.notifications.get().pk}-"
    theirs.type(**{f"{prefix}reach_status": "done", f"{prefix}member_count": "10"})

    response = mine.type(
        **{f"{prefix}reach_status": "planned", f"{prefix}member_count": "", f"{prefix}onsite_count": "2"}
    )

    assert "data-conflict" in notes_of(response, f"{prefix}reach_status")
    assert "周知した" in notes_of(response, f"{prefix}reach_status")
    assert "10者" in notes_of(response, f"{prefix}member_count")
    assert BodyAnswer.objects.get().answers == {"reach_status": "done", "member_count": 10, "onsite_count": 2}


def test_a_row_of_another_ministry_is_not_there() -> None:
    report, other = make_asked_report(bodies=1), make_asked_report(bodies=1)
    page = Page(make_officer(report.assignment.ministry), report, "report_rows")

    response = page.type(row=[other.assignment.notifications.get().pk])

    assert response.status_code == 404
    assert not BodyAnswer.objects.exists()


def test_when_the_round_closes_meanwhile_the_page_is_told_why() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)
    Round.objects.update(status=RoundStatus.CLOSED)

    response = page.type(issue_style="memo")

    assert response.status_code == 409
    assert "受付を締め切りました" in response.content.decode()
    assert not stored(report)


def test_without_a_session_the_page_is_told_instead_of_led_away() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)
    page.client.logout()

    response = page.type(issue_style="memo")

    assert (response.status_code, response.content) == (401, b"")
    assert page.press().status_code == 302


def test_a_viewer_saves_nothing() -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)
    page.client.force_login(make_officer(report.assignment.ministry, role=Role.VIEWER))

    assert page.type(issue_style="memo").status_code == 403
    assert not stored(report)


@pytest.mark.parametrize("seen", ["", "[]", "{", '{"issue_style": {"a": [1]}, "nobody": 1}', "null"])
def test_what_the_browser_says_it_has_seen_is_never_stored(seen: str) -> None:
    report = make_asked_report()
    page = Page(make_officer(report.assignment.ministry), report)

    response = page.type(form__seen=seen, insurance_staff="x")

    assert response.status_code == 200
    assert not stored(report)
