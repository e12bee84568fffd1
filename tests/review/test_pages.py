"""Staff at the queue and at the page of a review, by their addresses."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from followup.models import Doubt, DraftPoint, Report, ReturnPoint, Submission
from followup.rules.doubts import DoubtCode
from followup.rules.status import ReportStatus
from followup.services.comments import reply_to_points
from followup.services.review import accept_report, return_report
from outreach.models import AuditEntry, OutgoingMail, User
from tests.admin.browser import queries
from tests.factories import (
    NOW,
    make_answered_report,
    make_officer,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:followup_report_queue")
ACCEPT_ALL = reverse("admin:followup_report_accept_all")
JST = ZoneInfo("Asia/Tokyo")


def page_of(submission: Submission) -> str:
    return reverse("admin:followup_report_review", args=[submission.report_id])


def step(submission: Submission, verb: str) -> str:
    return reverse(f"admin:followup_report_{verb}", args=[submission.report_id])


def status_of(submission: Submission) -> str:
    return str(Report.objects.get(pk=submission.report_id).status)


def make_doubt(submission: Submission, **fields: object) -> Doubt:
    defaults = {"code": DoubtCode.OUTLIER, "question_key": "issue_style", "message": "大きく離れています。"}
    return Doubt.objects.create(submission=submission, **(defaults | fields))


def ministries(page: bytes) -> list[str]:
    return [
        cell.get_text(strip=True) for cell in BeautifulSoup(page, "html.parser").select(".review tbody th")
    ]


def name_of(submission: Submission) -> str:
    return str(submission.report.assignment.ministry)


def test_the_queue_shows_what_waits_with_its_doubts_points_and_reviewer(desk: Client) -> None:
    submission = make_submission()
    make_doubt(submission)
    desk.post(page_of(submission), {"action": "claim", "seen_number": "1"})

    page = desk.get(QUEUE).content.decode()

    assert name_of(submission) in page
    assert "0開庁日" in page
    assert "未処理 1件" in page
    assert "職員 太郎" in page
    assert 'name="choice"' not in page


def test_the_queue_filters_by_state_round_and_what_is_open(desk: Client) -> None:
    collection = make_round(status="form_undecided", due_on=None)
    clear = make_submission(make_answered_report(collection=collection))
    doubted = make_submission()
    make_doubt(doubted)
    accepted = make_submission()
    accept_report(report=accepted.report, actor=make_staff(), now=NOW)
    returned = make_submission()
    return_report(report=returned.report, reason="確認", actor=make_staff(), now=NOW)
    reply_to_points(
        report=returned.report,
        replies={returned.return_points.get().pk: "修正は不要です。"},
        actor=make_officer(returned.report.assignment.ministry),
        now=NOW,
    )

    asked = make_submission()
    return_report(report=asked.report, reason="確認", actor=make_staff(), now=NOW)

    def shown(**given: str) -> list[str]:
        return ministries(desk.get(QUEUE, given).content)

    assert shown() == [name_of(clear), name_of(doubted)]
    assert shown(doubts="open") == [name_of(doubted)]
    assert shown(doubts="clear") == [name_of(clear)]
    assert shown(status="accepted") == [name_of(accepted)]
    assert shown(status="all", doubts="replied") == [name_of(returned)]
    assert shown(status="all", doubts="waiting") == [name_of(asked)]
    assert shown(round=str(collection.pk)) == [name_of(clear)]
    assert shown(waited="1") == []
    assert shown(status="x", round="９" * 30, waited="-1", doubts="?") == [name_of(clear), name_of(doubted)]


def test_waiting_is_counted_in_opening_days_and_the_longest_comes_first(desk: Client, settings: Any) -> None:
    first, second = make_submission(), make_submission()

    settings.OUTREACH_TODAY = datetime(2023, 9, 11, tzinfo=JST).date()
    page = desk.get(QUEUE, {"waited": "5"}).content.decode()

    assert re.findall(r"(\d+)開庁日</td>", page) == ["5", "5"]
    assert ministries(page.encode()) == [name_of(first), name_of(second)]
    assert ministries(desk.get(QUEUE, {"waited": "10"}).content) == []


def test_the_queue_costs_the_same_queries_for_one_report_and_for_many(desk: Client) -> None:
    collection = make_round(status="form_undecided", due_on=None)
    make_submission(make_answered_report(collection=collection, bodies=1))
    one = queries(desk, QUEUE)
    for _ in range(7):
        make_submission(make_answered_report(collection=collection, bodies=1))

    assert queries(desk, QUEUE) == one


def test_what_is_clear_is_accepted_together_after_a_look(desk: Client) -> None:
    first, second, doubted = make_submission(), make_submission(), make_submission()
    make_doubt(doubted)
    chosen = [f"{row.report_id}:1" for row in (first, second, doubted)]

    look = desk.post(ACCEPT_ALL, {"choice": chosen}).content.decode()
    make_doubt(second)
    done = desk.post(ACCEPT_ALL, {"choice": chosen, "confirmed": "1"}, follow=True).content.decode()

    assert "2件の報告を受理し" in look
    assert "受理できない報告" in look
    assert "1件の報告を受理しました" in done
    assert f"{name_of(doubted)}の報告は受理していません。処理していない疑義が1件あります。" in done
    assert [status_of(row) for row in (first, second, doubted)] == ["accepted", "submitted", "submitted"]
    assert OutgoingMail.objects.filter(kind="accepted", ministry=first.report.assignment.ministry).exists()
    assert AuditEntry.objects.filter(action="報告：受理する").count() == 1


def test_a_newer_version_is_not_accepted_with_others_unseen(desk: Client) -> None:
    submission = make_submission()
    return_report(report=submission.report, reason="確認", actor=make_staff(), now=NOW)
    make_submission(Report.objects.get(pk=submission.report_id))

    done = desk.post(ACCEPT_ALL, {"choice": f"{submission.report_id}:1", "confirmed": "1"}, follow=True)

    assert "第2版が提出されました" in done.content.decode()
    assert status_of(submission) == ReportStatus.SUBMITTED


@pytest.mark.parametrize(("choice", "status"), [("1", 400), ("x:1", 400), ("9" * 30 + ":1", 400), ("", 400)])
def test_choices_that_no_page_sends_are_refused(desk: Client, choice: str, status: int) -> None:
    assert desk.post(ACCEPT_ALL, {"choice": choice, "confirmed": "1"}).status_code == status
    assert desk.post(ACCEPT_ALL, {"scope": "clear"}).status_code == 302


def test_a_version_stands_beside_the_one_before_with_the_difference_in_words(desk: Client) -> None:
    first = make_submission(make_answered_report(bodies=2))
    report = first.report
    return_report(report=report, reason="理由です。", actor=make_staff(), now=NOW)
    row = report.body_answers.earliest("pk")
    row.answers = {"reach_status": "undecided"}
    row.save(update_fields=["answers"])
    second = make_submission(Report.objects.get(pk=report.pk))

    page = desk.get(page_of(second)).content.decode()
    only = desk.get(page_of(second), {"show": "changed"}).content.decode()

    assert "前の版から変更あり" in page
    assert "取消し" in page
    assert "理由です。" in page
    assert len(BeautifulSoup(only, "html.parser").select("[id^=row-]")) == 1
    assert "周知手段" in only
    assert "発出形式" not in only


def test_doubts_come_first_and_can_be_dismissed_with_a_word(desk: Client) -> None:
    submission = make_submission(make_answered_report(bodies=3))
    last = submission.rows.order_by("-template_number", "-body_name", "-pk")[0]
    doubt = make_doubt(submission, question_key="reached_on", notification=last.notification)
    press = {"action": "dismiss", "seen_number": "1", "doubt": str(doubt.pk)}

    page = BeautifulSoup(desk.get(page_of(submission)).content, "html.parser")
    without = desk.post(page_of(submission), press)
    desk.post(page_of(submission), press | {"word": "団体に確認済み"})
    again = desk.post(page_of(submission), press | {"word": "二度目"})

    assert page.select("[id^=row-]")[0]["id"] == f"row-{last.notification_id}"
    assert (without.status_code, again.status_code) == (400, 409)
    assert "問題なしとする理由を入力してください" in without.content.decode()
    assert "先に問題なしとしました（理由：団体に確認済み）" in again.content.decode()
    assert doubt.dismissal.word == "団体に確認済み"


def test_all_doubts_of_a_kind_are_dismissed_at_once(desk: Client) -> None:
    submission = make_submission()
    for key in ("issue_style", "insurance_methods"):
        make_doubt(submission, question_key=key)
    other = make_doubt(submission, code=DoubtCode.COUNT_JUMP)

    desk.post(
        page_of(submission),
        {"action": "dismiss_kind", "seen_number": "1", "code": "outlier", "word": "確認済み"},
    )

    assert list(Doubt.objects.open().filter(submission=submission)) == [other]


def test_doubts_of_a_version_that_nobody_looked_at_are_not_dismissed(desk: Client) -> None:
    first = make_submission()
    make_doubt(first)
    return_report(report=first.report, reason="確認してください。", actor=make_staff(), now=NOW)
    second = make_submission(Report.objects.get(pk=first.report_id))
    unseen = make_doubt(second)

    pressed = desk.post(
        page_of(second),
        {"action": "dismiss_kind", "seen_number": "1", "code": "outlier", "word": "確認済み"},
    )

    assert pressed.status_code == 409
    assert unseen in Doubt.objects.open()


def test_a_doubt_becomes_a_point_or_a_return_by_one_press(desk: Client) -> None:
    submission = make_submission()
    kept, sent = (make_doubt(submission, question_key=key) for key in ("issue_style", "account_methods"))

    desk.post(page_of(submission), {"action": "gather", "seen_number": "1", "doubt": str(kept.pk)})
    assert DraftPoint.objects.get().comment == "大きく離れています。内容を御確認ください。"
    desk.post(page_of(submission), {"action": "return_doubt", "seen_number": "1", "doubt": str(sent.pk)})

    assert status_of(submission) == ReportStatus.RETURNED
    assert list(ReturnPoint.objects.order_by("pk").values_list("doubt", flat=True)) == [
        None,
        kept.pk,
        sent.pk,
    ]
    assert OutgoingMail.objects.filter(kind="returned").exists()


def test_points_gathered_are_asked_without_a_return(desk: Client) -> None:
    submission = make_submission()
    desk.post(
        step(submission, "point"), {"seen_number": "1", "question": "issue_style", "comment": "御確認を。"}
    )

    page = desk.get(page_of(submission)).content.decode()
    desk.post(page_of(submission), {"action": "ask", "seen_number": "1"})
    nothing = desk.post(page_of(submission), {"action": "ask", "seen_number": "1"})

    assert "送っていない指摘（1件）" in page
    assert status_of(submission) == ReportStatus.SUBMITTED
    assert ReturnPoint.objects.get().comment == "御確認を。"
    assert nothing.status_code == 400


def test_two_reviewers_see_each_other_and_take_over_with_a_press(desk: Client, staff: User) -> None:
    submission = make_submission()
    yamada = make_staff(name="山田 一郎")
    other = Client()
    other.force_login(yamada)
    claim = {"action": "claim", "seen_number": "1"}

    other.post(page_of(submission), claim)
    unseen = desk.post(page_of(submission), claim)
    shown = desk.get(page_of(submission)).content.decode()
    desk.post(page_of(submission), claim | {"seen_reviewer": str(yamada.pk)})

    assert unseen.status_code == 409
    assert "山田 一郎が令和5年9月4日" in unseen.content.decode()
    assert "山田 一郎が確認中（令和5年9月4日" in shown
    assert Report.objects.get(pk=submission.report_id).reviewer == staff
    desk.post(page_of(submission), {"action": "release", "seen_number": "1"})
    assert Report.objects.get(pk=submission.report_id).reviewer is None


def test_a_claim_ends_with_the_decision_and_after_two_hours(desk: Client) -> None:
    submission = make_submission()
    desk.post(page_of(submission), {"action": "claim", "seen_number": "1"})
    claimed = Report.objects.get(pk=submission.report_id)
    since = claimed.reviewing_since
    assert since is not None

    assert claimed.reviewer_at(since) is not None
    assert claimed.reviewer_at(datetime.fromtimestamp(since.timestamp() + 7200, tz=JST)) is None
    desk.post(step(submission, "accept"), {"seen_number": "1"})
    assert Report.objects.get(pk=submission.report_id).reviewer is None


@pytest.mark.parametrize(("first", "told"), [("accept", "に先に受理"), ("return", "に先に差し戻し")])
def test_of_two_who_decide_the_second_gets_a_conflict_and_hears_who_did_what(
    desk: Client, first: str, told: str
) -> None:
    submission = make_submission()
    other = Client()
    other.force_login(make_staff(name="山田 一郎"))
    given = {"seen_number": "1", "reason": "確認してください。"}

    other.post(step(submission, first), given)
    second = desk.post(step(submission, "return" if first == "accept" else "accept"), given)

    assert second.status_code == 409
    assert "山田 一郎が令和5年9月4日" in second.content.decode()
    assert told in second.content.decode()


def test_the_page_costs_the_same_queries_however_many_rows_and_doubts(desk: Client) -> None:
    few = make_submission(make_answered_report(bodies=1))
    make_doubt(few, question_key="reached_on", notification=few.rows.get().notification)
    many = make_submission(make_answered_report(bodies=15))
    for row in many.rows.all():
        make_doubt(many, question_key="reached_on", notification=row.notification)

    one = queries(desk, page_of(few))

    assert queries(desk, page_of(many)) == one


def test_staff_who_may_only_read_see_the_pages_and_press_nothing(db: None) -> None:
    reader = make_staff(is_superuser=False)
    reader.user_permissions.add(Permission.objects.get(codename="view_report"))
    client = Client()
    client.force_login(reader)
    submission = make_submission()
    doubt = make_doubt(submission)

    page = client.get(page_of(submission)).content.decode()

    assert "問題なしとする" not in page
    assert client.get(QUEUE).status_code == 200
    press = {"action": "dismiss", "seen_number": "1", "doubt": str(doubt.pk), "word": "確認"}
    assert client.post(page_of(submission), press).status_code == 403
    assert client.get(step(submission, "point")).status_code == 403
    assert client.post(ACCEPT_ALL, {"choice": "1:1"}).status_code == 403


def test_odd_presses_never_crash(desk: Client) -> None:
    submission = make_submission()

    for given in (
        {},
        {"action": "nothing"},
        {"action": "dismiss", "seen_number": "1", "doubt": "9" * 40, "word": "x"},
        {"action": "dismiss", "seen_number": "x", "doubt": "1", "word": "\x00"},
        {"action": "gather", "seen_number": "1", "doubt": "999999"},
        {"action": "drop", "seen_number": "1", "draft": "999999"},
        {"action": "reply", "reply_1": "x"},
    ):
        assert desk.post(page_of(submission), given).status_code in {400, 404, 409}, given
    assert desk.get(page_of(submission), {"page": "x", "show": "?", "q": "％" * 500}).status_code == 200
    assert desk.get(reverse("admin:followup_report_review", args=[999999])).status_code == 404
    assert desk.get(reverse("admin:followup_report_review", args=["9" * 30])).status_code == 404
    assert desk.get(step(submission, "point"), {"row": "²", "question": "?"}).status_code == 200
