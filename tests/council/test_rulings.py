"""Staff rule on single values for the figures; what a ministry submitted never changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from followup.models import FigureRuling, Report, Round, Submission
from followup.services.figures import count_figures
from followup.services.rulings import active_rulings
from outreach.models import AuditEntry, Notification, User
from tests.admin.browser import queries
from tests.council.conftest import owe, submit
from tests.factories import NOW, TODAY, make_notification, make_staff

pytestmark = pytest.mark.django_db

ROW = {"reach_status": "done", "member_count": 12_000_000, "reached_member_count": 50, "onsite_count": 2}


@pytest.fixture(autouse=True)
def _rehearsal(settings: Any) -> None:
    settings.OUTREACH_TODAY = TODAY


@pytest.fixture
def desk(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def report(collection: Round) -> Report:
    return owe(collection)


@pytest.fixture
def notice(report: Report) -> Notification:
    return make_notification(report.assignment)


@pytest.fixture
def submission(report: Report, notice: Notification) -> Submission:
    """Return a version whose body seems to have typed a thousand times too many members."""
    return submit(report, answers={"insurance_staff": 900}, rows={notice: ROW})


def address(report: Report, key: str, notice: Notification | None = None) -> str:
    url = reverse("admin:followup_figureruling_rule", args=[report.pk])
    return f"{url}?question={key}" + (f"&row={notice.pk}" if notice else "")


def press(desk: Client, url: str, **data: object) -> Any:
    given = {"kind": "excluded", "reason": "桁の誤りを電話で確認", "seen_number": 1}
    return desk.post(url, given | data)


def test_an_excluded_value_leaves_the_totals_and_stands_in_the_notes(
    desk: Client, collection: Round, submission: Submission, notice: Notification
) -> None:
    response = press(desk, address(submission.report, "member_count", notice))

    assert response.status_code == 302
    figures = count_figures(round=collection, now=NOW)
    assert figures.answers.member_reach is not None
    assert figures.answers.member_reach.bodies == 0
    [note] = figures.rulings
    assert (note.body, note.question, note.kind) == (notice.body.name, "会員事業者数", "excluded")
    assert (note.submitted, note.corrected, note.reason) == ("12,000,000者", None, "桁の誤りを電話で確認")
    assert (figures.outcomes.excluded, figures.outcomes.by_ministry[0].excluded) == (1, 1)
    assert submission.rows.get().answers == ROW


def test_a_corrected_value_is_counted_in_its_place(
    desk: Client, collection: Round, submission: Submission, notice: Notification
) -> None:
    press(
        desk, address(submission.report, "member_count", notice), kind="corrected", other_value="１２，０００"
    )

    figures = count_figures(round=collection, now=NOW)
    reach = figures.answers.member_reach
    assert reach is not None
    assert (reach.members, reach.reached) == (12_000, 50)
    assert [(note.submitted, note.corrected) for note in figures.rulings] == [("12,000,000者", "12,000者")]
    assert figures.outcomes.corrected == 1
    assert submission.rows.get().answers == ROW


def test_a_ministrys_own_answer_is_ruled_on_alike(
    desk: Client, collection: Round, submission: Submission
) -> None:
    press(desk, address(submission.report, "insurance_staff"), kind="corrected", other_value="90")

    outcomes = count_figures(round=collection, now=NOW).outcomes
    assert outcomes.insurance_staff is not None
    assert outcomes.insurance_staff.total == Decimal(90)


def test_a_ruling_applies_only_while_the_value_stands(
    desk: Client, collection: Round, submission: Submission, notice: Notification
) -> None:
    press(desk, address(submission.report, "member_count", notice))

    submit(submission.report, number=2, rows={notice: ROW | {"member_count": 12_000}})

    figures = count_figures(round=collection, now=NOW)
    assert figures.answers.member_reach is not None
    assert figures.answers.member_reach.members == 12_000
    assert (figures.rulings, figures.outcomes.excluded, figures.outcomes.to_check) == ((), 0, 1)
    assert active_rulings(round=collection) == {}
    listed = desk.get(reverse("admin:followup_figureruling_changelist"), {"state": "to_check"})
    assert "要再確認" in listed.content.decode()
    assert "12,000者" not in listed.content.decode()


def test_a_withdrawn_ruling_counts_no_more_and_stays_on_record(
    desk: Client, collection: Round, submission: Submission, notice: Notification
) -> None:
    press(desk, address(submission.report, "member_count", notice))
    ruling = FigureRuling.objects.get()
    url = reverse("admin:followup_figureruling_withdraw", args=[ruling.pk])

    assert desk.post(url, {"reason": "正しい値だった"}).status_code == 302

    assert count_figures(round=collection, now=NOW).rulings == ()
    assert desk.post(url, {"reason": "もう一度"}).status_code == 409
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "reason"))
    assert actions[-2:] == [
        ("集計上の取扱いを定める", "桁の誤りを電話で確認"),
        ("集計上の取扱いを取り消す", "正しい値だった"),
    ]


def test_a_new_ruling_takes_the_place_of_the_old_one(
    desk: Client, collection: Round, submission: Submission, notice: Notification
) -> None:
    url = address(submission.report, "member_count", notice)
    press(desk, url)

    seen = {"seen_ruling": FigureRuling.objects.get().pk}
    press(desk, url, kind="corrected", other_value="12000", reason="再度確認", **seen)

    assert [note.kind for note in count_figures(round=collection, now=NOW).rulings] == ["corrected"]
    assert FigureRuling.objects.filter(withdrawn_at=None).count() == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"key": "member_count", "reason": " "}, "取扱いの理由を入力"),
        ({"key": "member_count", "kind": "corrected"}, "集計に用いる値を入力してください"),
        ({"key": "member_count", "kind": "corrected", "other_value": "たくさん"}, "数字"),
        ({"key": "member_count", "kind": "corrected", "other_value": "-1"}, "0以上"),
        ({"key": "member_count", "kind": "corrected", "other_value": "12000000"}, "提出された値と同じ"),
        ({"key": "reach_status", "kind": "corrected", "other_value": "unknown"}, "選択"),
        ({"key": "member_count", "kind": ""}, "取扱いを選んでください"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_written(
    desk: Client, submission: Submission, notice: Notification, data: dict[str, str], told: str
) -> None:
    response = press(desk, address(submission.report, data.pop("key"), notice), **data)

    assert response.status_code == 400
    assert told in response.content.decode()
    assert not FigureRuling.objects.exists()


def test_words_are_left_out_but_not_rewritten(
    desk: Client, collection: Round, report: Report, notice: Notification
) -> None:
    submit(report, rows={notice: {"good_practice": "個人の電話番号を含む文"}})
    url = address(report, "good_practice", notice)

    assert press(desk, url, kind="corrected", other_value="別の文").status_code == 400
    assert press(desk, url).status_code == 302

    figures = count_figures(round=collection, now=NOW)
    assert (figures.outcomes.practices, figures.remarks) == (0, ())


def test_a_version_submitted_meanwhile_is_told(
    desk: Client, submission: Submission, notice: Notification
) -> None:
    submit(submission.report, number=2, rows={notice: ROW})

    response = press(desk, address(submission.report, "member_count", notice))

    assert response.status_code == 409
    assert "第2版が提出されました" in response.content.decode()


def test_a_ruling_that_a_colleague_made_meanwhile_is_told(
    desk: Client, submission: Submission, notice: Notification
) -> None:
    url = address(submission.report, "member_count", notice)
    press(desk, url)

    response = press(desk, url, kind="corrected", other_value="12000")

    assert response.status_code == 409
    assert "ほかの職員がこの値の取扱いを変えました" in response.content.decode()
    assert [row.kind for row in FigureRuling.objects.all()] == ["excluded"]


@pytest.mark.parametrize("query", ["?question=member_count", "?question=x&row=1", "?row=9999999999999999999"])
def test_a_value_that_was_not_submitted_is_not_found(
    desk: Client, submission: Submission, query: str
) -> None:
    url = reverse("admin:followup_figureruling_rule", args=[submission.report_id])

    assert desk.get(url + query).status_code == 404


def test_the_review_leads_to_the_ruling_and_shows_it(
    desk: Client, submission: Submission, notice: Notification
) -> None:
    review = reverse("admin:followup_report_review", args=[submission.report_id])
    url = address(submission.report, "member_count", notice)
    page = BeautifulSoup(desk.get(review).content, "html.parser")
    assert url in {link["href"] for link in page.select("a")}

    press(desk, url)

    assert "除外" in desk.get(review).content.decode()
    assert "現在の取扱い" in desk.get(url).content.decode()


def test_who_may_not_rule_is_refused(submission: Submission, notice: Notification) -> None:
    viewer = make_staff(is_superuser=False)
    viewer.user_permissions.add(*Permission.objects.filter(codename__in=["view_report", "view_figureruling"]))
    client = Client()
    client.force_login(viewer)

    assert client.get(address(submission.report, "member_count", notice)).status_code == 403
    review = client.get(reverse("admin:followup_report_review", args=[submission.report_id]))
    assert "集計上の取扱い" not in review.content.decode().split("回答の比較")[1]


def test_the_list_takes_as_many_queries_for_many_rulings_as_for_one(desk: Client, collection: Round) -> None:
    def add(count: int) -> None:
        for _ in range(count):
            report = owe(collection)
            notice = make_notification(report.assignment)
            submit(report, rows={notice: ROW})
            press(desk, address(report, "member_count", notice))

    url = reverse("admin:followup_figureruling_changelist")
    add(1)
    one = queries(desk, url)
    add(4)

    assert queries(desk, url) == one
