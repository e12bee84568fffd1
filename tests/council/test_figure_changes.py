"""Two sets of figures side by side: what changed, which ministry changed it, what only one side has."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from followup.models import Round
from followup.rules.figure_changes import Change, changes_between
from followup.rules.figures import Figures
from followup.rules.stored_figures import as_json, from_json
from followup.services.figures import count_figures
from followup.services.forms import create_form_draft, publish_form
from followup.templatetags.figures import figure_text, signed
from outreach.models import BodyCategory, User
from tests.council.conftest import DUE_ON, owe, submit
from tests.factories import (
    NOW,
    TODAY,
    make_body,
    make_frozen_report,
    make_notification,
    make_report,
    make_round,
)

pytestmark = pytest.mark.django_db
CATEGORIES = dict(BodyCategory.choices)


def figures_of(collection: Round) -> Figures:
    return count_figures(round=collection, now=NOW)


def told(before: Figures, after: Figures, **options: Any) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    """Return by table, line and column: before, after, and the difference or the side it is on."""
    return {
        (table.title, change.heading, change.column): _texts(change)
        for table in changes_between(before, after, CATEGORIES, **options)
        for change in table.changes
    }


def _texts(change: Change) -> tuple[str, str, str]:
    difference = change.side.label or signed(change.difference)
    return figure_text(change.before), figure_text(change.after), difference


def test_nothing_changed_is_nothing_told(collection: Round) -> None:
    report = owe(collection)
    submit(
        report, rows={make_notification(report.assignment): {"member_count": 3, "reached_member_count": 2}}
    )
    live = figures_of(collection)

    assert not told(from_json(as_json(live)), live)


def test_each_changed_number_is_told_with_its_ministry(collection: Round) -> None:
    first, second = owe(collection), owe(collection)
    notice = make_notification(first.assignment)
    make_notification(second.assignment)
    before = figures_of(collection)
    make_notification(second.assignment)
    submit(first, rows={notice: {"reach_status": "done"}})
    after = figures_of(collection)

    changes = told(before, after)

    name = first.assignment.ministry.name
    assert changes["概要", "提出府省庁数", "値"] == ("0府省庁", "1府省庁", "＋1")
    assert changes["概要", "回答率", "値"] == ("0.0％", "50.0％", "＋50.0")
    assert changes["府省庁別", name, "報告の状態"] == ("作成中", "提出済", "－")
    assert changes["府省庁別", second.assignment.ministry.name, "発出済み（延べ）"] == ("1", "2", "＋1")
    assert ("府省庁別", name, "発出済み（延べ）") not in changes
    assert changes["取組の結果（府省庁別）", name, "周知した団体"] == ("未提出", "1団体", "－")
    assert changes["未提出の府省庁", "期限前（作成中）", "府省庁数"] == ("2府省庁", "1府省庁", "−1")


def test_what_only_one_side_has_says_so(collection: Round) -> None:
    first = owe(collection)
    make_notification(first.assignment, make_body(first.assignment.ministry, category=BodyCategory.SPECIAL))
    before = figures_of(collection)
    added = owe(collection)
    after = figures_of(collection)

    assert told(before, after)["府省庁別", added.assignment.ministry.name, "発出先（延べ）"] == (
        "－",
        "0",
        "比較先にだけあります",
    )
    assert told(after, before)["府省庁別", added.assignment.ministry.name, "発出先（延べ）"][2] == (
        "比較元にだけあります"
    )


def test_rounds_are_compared_by_ministry_without_their_days(collection: Round, staff: User) -> None:
    report = owe(collection)
    make_notification(report.assignment)
    later = make_round(status="form_undecided", due_on=None)
    draft = create_form_draft(round=later, actor=staff, now=NOW)
    publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)
    make_report(report.assignment.ministry, later)

    changes = told(figures_of(collection), figures_of(later), days=False)

    assert changes["府省庁別", report.assignment.ministry.name, "発出先（延べ）"] == ("1", "0", "−1")
    assert not [title for title, _line, _column in changes if title == "日別・累計"]


@pytest.fixture
def desk(staff: User, settings: Any) -> Client:
    settings.OUTREACH_TODAY = TODAY
    client = Client()
    client.force_login(staff)
    return client


def test_the_page_lists_snapshots_and_compares_one_with_now(desk: Client, collection: Round) -> None:
    report = owe(collection)
    snapshot = make_frozen_report(collection, figures=as_json(figures_of(collection)))
    make_notification(report.assignment)
    url = reverse("admin:followup_round_compare", args=[collection.pk])

    listed = BeautifulSoup(desk.get(url).content, "html.parser")
    [link] = [row for row in listed.select("tbody a") if "比較する" in row.text]
    compared = BeautifulSoup(desk.get(url + str(link["href"])).content, "html.parser")

    assert reverse("admin:followup_councilreport_figures", args=[snapshot.pk]) in str(listed)
    rows = [[cell.text.strip() for cell in row.select("th, td")] for row in compared.select("tbody tr")]
    assert ["延べ対象団体数", "値", "0団体", "1団体", "＋1"] in rows


def test_a_side_is_not_compared_with_itself(desk: Client, collection: Round) -> None:
    url = reverse("admin:followup_round_compare", args=[collection.pk])

    response = desk.get(url, {"before": f"now-{collection.pk}", "after": f"now-{collection.pk}"})

    assert response.status_code == 400
    assert "比較元と異なるものを選んでください。" in response.content.decode()


def test_figures_of_an_unknown_edition_are_told(desk: Client, collection: Round) -> None:
    snapshot = make_frozen_report(collection, figures={"edition": 99})
    url = reverse("admin:followup_round_compare", args=[collection.pk])

    compared = desk.get(url, {"before": f"snapshot-{snapshot.pk}", "after": f"now-{collection.pk}"})
    shown = desk.get(reverse("admin:followup_councilreport_figures", args=[snapshot.pk]), follow=True)

    assert "この取りまとめの数値は、このシステムでは読めない形式です。" in compared.content.decode()
    assert "この取りまとめの数値は、このシステムでは読めない形式です。" in shown.content.decode()
