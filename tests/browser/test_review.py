"""Staff review at a browser: queue, comparison, doubts, points, a talk with the ministry, bulk accept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from followup.models import DoubtDismissal, Report, Submission
from followup.rules.status import ReportStatus
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

QUEUE = "/admin/followup/report/queue/"


def resubmitted_with_doubts() -> Submission:
    """Return a version of the demo that has one before it and something to look at."""
    return (
        Submission.objects.newest()
        .filter(number=2, report__status=ReportStatus.SUBMITTED, doubts__dismissal=None)
        .exclude(doubts=None)
        .earliest("pk")
    )


@pytest.mark.parametrize("width", [1280, 375])
def test_staff_look_into_doubts_and_ask_the_ministry(
    visitor: Callable[..., Visitor], width: int, pictures: Callable[[str, int], str], demo: str
) -> None:
    submission = resubmitted_with_doubts()
    page = f"/admin/followup/report/{submission.report_id}/review/"
    staff = visitor(width)
    staff.enter("staff@digital.example")
    staff.visit(QUEUE, pictures("admin-review-queue", width))
    staff.sees("確認待ちの報告", "差戻し後の再提出", "未処理あり")
    staff.visit(page, pictures("admin-review", width))
    staff.press("確認を始める")
    staff.sees("あなたが確認中です")
    staff.page.get_by_label("問題なしとする理由").first.fill("団体に電話で確認済み")
    staff.page.get_by_label("問題なしとする理由").first.press("Enter")
    staff.page.wait_for_load_state()
    staff.sees("団体に電話で確認済み")
    assert DoubtDismissal.objects.get().word == "団体に電話で確認済み"
    staff.follow("書く")
    staff.page.get_by_label("確認したい点").fill("非常勤職員を含む数でしょうか。")
    staff.press("指摘に加える")
    staff.sees("送っていない指摘（1件）")
    staff.press("差し戻さずに確認を求める")
    staff.sees("府省庁のコメントを待っています。")


def test_what_has_no_doubts_is_accepted_together(visitor: Callable[..., Visitor], demo: str) -> None:
    staff = visitor()
    staff.enter("staff@digital.example")
    before = Report.objects.filter(status=ReportStatus.ACCEPTED).count()
    staff.visit(QUEUE)
    staff.press("この画面の疑義のない報告を全て受理する")
    staff.sees("まだ受理していません")
    staff.press("まとめて受理する")
    staff.sees("件の報告を受理しました。")
    assert Report.objects.filter(status=ReportStatus.ACCEPTED).count() > before
