"""The staff's pages of figures: every number leads to the rows that it counts, live and frozen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from followup.models import CouncilReport, Report, Round
from followup.rules.rulings import RulingKind
from followup.rules.stored_figures import as_json
from followup.services.figures import count_figures
from followup.services.rulings import rule_on_value
from outreach.models import BodyCategory, Notification, User
from tests.admin.browser import queries
from tests.council.conftest import owe, submit, use
from tests.factories import (
    NOW,
    TODAY,
    make_body,
    make_channel,
    make_frozen_report,
    make_notification,
    make_staff,
)

pytestmark = pytest.mark.django_db

ROW = {
    "reach_status": "done",
    "reach_channels": ["mail", "website"],
    "member_count": 1200,
    "reached_member_count": 300,
    "forwarded": True,
    "onsite_count": 2,
    "good_practice": "会報に掲載した。",
    "good_practice_public": True,
    "obstacle": "郵送の費用",
}


@pytest.fixture(autouse=True)
def _rehearsal(settings: Any) -> None:
    settings.OUTREACH_TODAY = TODAY


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def soup(client: Client, url: str) -> BeautifulSoup:
    response = client.get(url)
    assert response.status_code == 200, url
    return BeautifulSoup(response.content, "html.parser")


def fill(collection: Round) -> list[Report]:
    """Make three ministries: one with bodies and answers, one late and 該当なし, one that says nothing."""
    channels = [make_channel(code="mail2", label="電子メール"), make_channel(code="paper", label="紙")]
    first, second, _third = reports = [owe(collection) for _ in range(3)]
    notices = list(_notices(first))
    use(notices[0], *channels)
    use(notices[1], channels[1])
    same = make_body(second.assignment.ministry, name="共通協会", corporate_number="5010405010596")
    make_notification(second.assignment, same, issued_on=None)
    own = {
        "insurance_methods": ["mail"],
        "insurance_staff": 40,
        "account_methods": ["none"],
        "has_bodies": True,
    }
    earlier = {"reach_status": "planned", "member_count": 5}
    submit(first, number=1, answers=own, rows={notices[0]: earlier})
    submit(
        first, number=2, answers=own, rows={notices[0]: ROW, notices[1]: {"onsite_count": 0}, notices[2]: {}}
    )
    late = NOW + timedelta(days=90)
    submit(second, at=late, answers={"has_bodies": False}, no_body_reason="所管する団体がないため。")
    return reports


def rule(report: Report, staff: User, key: str, *, body: str | None = None, corrected: Any = None) -> None:
    """Leave a submitted value out of the figures, or count another in its place."""
    row = report.assignment.notifications.get(body__name=body) if body else None
    rule_on_value(
        report=report,
        notification_pk=row.pk if row else None,
        question_key=key,
        kind=RulingKind.EXCLUDED if corrected is None else RulingKind.CORRECTED,
        corrected=corrected,
        reason="電話で確認した。",
        seen_number=2,
        actor=staff,
        now=NOW,
    )


def _notices(report: Report) -> Iterator[Notification]:
    ministry = report.assignment.ministry
    for name, category, number, issued_on in (
        ("共通協会", BodyCategory.INDUSTRY, "5010405010596", date(2023, 9, 1)),
        ("乙機構", BodyCategory.SPECIAL, "", date(2023, 9, 4)),
        ("丙協会", BodyCategory.INDUSTRY, "", date(2023, 9, 4)),
        ("丁協会", BodyCategory.INDUSTRY, "", None),
    ):
        body = make_body(ministry, name=name, category=category, corporate_number=number)
        yield make_notification(report.assignment, body, issued_on=issued_on)


def frozen(collection: Round) -> CouncilReport:
    return make_frozen_report(collection, figures=as_json(count_figures(round=collection, now=NOW)))


def links_of(page: BeautifulSoup) -> list[tuple[str, Decimal, bool]]:
    """Return every number of a page that can be pressed: its address, itself, and whether it is a sum."""
    found = []
    for link in page.select("a.figure-link"):
        number = re.match(r"[\d,.]+", link.text.strip())
        assert number, link
        found.append((str(link["href"]), Decimal(number[0].replace(",", "")), link["data-sum"] == "1"))
    return found


def rows_shown(page: BeautifulSoup) -> Decimal:
    counted = re.search(r"全([\d,]+)", page.select_one(".ui-pagination__count").text)  # type: ignore[union-attr]
    assert counted
    return Decimal(counted[1].replace(",", ""))


def sums_shown(page: BeautifulSoup) -> list[Decimal]:
    return [Decimal(total.text.replace(",", "")) for total in page.select("[data-total]")]


@pytest.mark.parametrize("is_ruled", [False, True])
def test_every_number_leads_to_exactly_the_rows_that_it_counts(
    desk: Client, staff: User, collection: Round, is_ruled: bool
) -> None:
    first, *_ = fill(collection)
    if is_ruled:
        rule(first, staff, "reach_status", body="共通協会")
        rule(first, staff, "member_count", body="共通協会", corrected=2400)
        rule(first, staff, "onsite_count", body="乙機構", corrected=3)
        rule(first, staff, "good_practice", body="共通協会")
        rule(first, staff, "insurance_staff", corrected=45)
    page = soup(desk, reverse("admin:followup_round_figures", args=[collection.pk]))

    links = links_of(page)

    assert len(set(links)) > 50
    for url, number, is_sum in sorted(set(links)):
        behind = soup(desk, url)
        if "figureruling" in url:
            assert len(behind.select("#result_list tbody tr")) == number, url
        elif is_sum:
            assert number in sums_shown(behind), url
        else:
            assert rows_shown(behind) == number, url
            assert len(behind.select("#content-main tbody tr")) == number, url


def test_rulings_change_what_is_counted_and_listed(desk: Client, staff: User, collection: Round) -> None:
    first, *_ = fill(collection)
    rule(first, staff, "reach_status", body="共通協会")
    rule(first, staff, "member_count", body="共通協会", corrected=2400)

    page = soup(desk, reverse("admin:followup_round_figures", args=[collection.pk]))

    assert "2,400者" in page.text
    assert "電話で確認した。" in page.select_one("[aria-label=集計上の取扱い]").text  # type: ignore[union-attr]
    assert not [url for url, _number, _is_sum in links_of(page) if "reach_status" in url]


def test_a_body_of_two_ministries_leads_on_to_its_notices(desk: Client, collection: Round) -> None:
    fill(collection)
    bodies = soup(desk, reverse("admin:followup_round_rows", args=[collection.pk, "bodies"]))

    [link] = [link for link in bodies.select("tbody a") if link.text == "共通協会"]
    notices = soup(desk, str(link["href"]))

    assert rows_shown(notices) == 2


def test_a_long_list_is_paged_and_filtered_by_what_is_chosen(desk: Client, collection: Round) -> None:
    report = owe(collection)
    for number in range(51):
        make_notification(report.assignment, make_body(report.assignment.ministry, name=f"第{number}組合"))
    url = reverse("admin:followup_round_rows", args=[collection.pk, "notifications"])

    second, found = soup(desk, f"{url}?page=2"), soup(desk, f"{url}?q=第50 組")

    assert len(second.select("tbody tr")) == 1
    assert [row.select("td")[1].text for row in found.select("tbody tr")] == ["第50組合"]


def test_frozen_figures_stay_and_their_lists_say_that_they_are_of_now(
    desk: Client, collection: Round
) -> None:
    first, *_ = fill(collection)
    snapshot = frozen(collection)
    url = reverse("admin:followup_councilreport_figures", args=[snapshot.pk])
    before = links_of(soup(desk, url))
    make_notification(first.assignment, make_body(first.assignment.ministry, name="後の協会"))

    after = links_of(soup(desk, url))
    told = {link: soup(desk, link).select_one(".ui-banner").text for link, number, is_sum in after[:12]}  # type: ignore[union-attr]

    assert after == before
    assert all("現在の記録です" in text for text in told.values())
    [of_issued] = [text for link, text in told.items() if "/notifications/?issued=yes&snapshot=" in link]
    assert "当時の数値は 3団体、現在は 4団体です。" in " ".join(of_issued.split())
    [of_ministries] = [text for link, text in told.items() if "/ministries/?snapshot=" in link]
    assert "件数は当時と同じ3府省庁です。" in of_ministries


def test_a_changed_condition_is_not_compared_with_what_was_frozen(desk: Client, collection: Round) -> None:
    fill(collection)
    snapshot = frozen(collection)
    url = reverse("admin:followup_round_rows", args=[collection.pk, "notifications"])

    page = soup(desk, f"{url}?snapshot={snapshot.pk}&issued=yes&q=協会")

    assert "条件を変えたため、当時の数値とは比べられません。" in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("rows/nothing/", 404),
        ("rows/rulings/", 404),
        ("rows/notifications/?ministry=999999", 400),
        ("rows/notifications/?day=2023-99-01", 400),
        ("rows/notifications/?template=9", 400),
        ("rows/notifications/?snapshot=999999", 404),
        ("rows/notifications/?snapshot=x", 400),
        ("rows/body-answers/?question=no_such_key", 200),
        ("rows/body-answers/?question=ぱぱ", 400),
        ("rows/body-answers/?question=reach_status&choice=%22%27&counted=choice", 200),
        ("rows/body-answers/?question=reach_status&narrowing=positive", 200),
        ("rows/bodies/?q=%F0%A9%B8%BD", 200),
        ("compare/?before=x&after=y", 400),
        ("compare/?before=now-1", 400),
    ],
)
def test_odd_addresses_are_told_and_never_break(
    desk: Client, collection: Round, path: str, status: int
) -> None:
    fill(collection)

    response = desk.get(f"/admin/followup/round/{collection.pk}/{path}")

    assert response.status_code == status


@pytest.mark.parametrize("path", ["figures/", "compare/", "rows/ministries/"])
def test_an_empty_round_has_all_pages(desk: Client, collection: Round, path: str) -> None:
    response = desk.get(f"/admin/followup/round/{collection.pk}/{path}")

    assert response.status_code == 200
    if path == "figures/":
        assert "対象の府省庁がありません。" in response.content.decode()


def test_a_round_in_which_all_say_that_none_applies(desk: Client, collection: Round) -> None:
    report = owe(collection)
    submit(report, answers={"has_bodies": False}, no_body_reason="所管する団体がないため。")

    page = soup(desk, reverse("admin:followup_round_figures", args=[collection.pk]))

    assert "所管する団体がないため。" in page.select_one("#no-body-table").text  # type: ignore[union-attr]
    assert "発出の記録がありません。" in page.text
    assert not page.select(".ui-chart__line")


@pytest.mark.parametrize(
    "path", ["figures/", "rows/notifications/", "rows/body-answers/?question=reach_status"]
)
def test_pages_take_as_many_queries_for_twenty_rows_as_for_one(
    desk: Client, collection: Round, path: str
) -> None:
    url = f"/admin/followup/round/{collection.pk}/{path}"

    def read(count: int) -> int:
        """Add a ministry with so many rows; what is counted once and kept is not part of the reading."""
        report = owe(collection)
        notices = [make_notification(report.assignment) for _ in range(count)]
        submit(report, rows=dict.fromkeys(notices, ROW))
        desk.get(url)
        return queries(desk, url)

    assert read(1) == read(20)


def test_without_the_right_to_rows_numbers_are_shown_and_lead_nowhere(collection: Round) -> None:
    fill(collection)
    clerk = make_staff(is_superuser=False)
    clerk.user_permissions.add(Permission.objects.get(codename="view_round"))
    client = Client()
    client.force_login(clerk)

    page = soup(client, reverse("admin:followup_round_figures", args=[collection.pk]))

    assert "延べ発出団体数" in page.text
    assert links_of(page) == []
    assert "会報に掲載した。" not in page.text
    for path in ("rows/notifications/", "rows/body-answers/", "compare/"):
        assert client.get(f"/admin/followup/round/{collection.pk}/{path}").status_code == 403
