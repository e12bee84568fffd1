"""What leaves the system, at a browser: a ministry's results, mailed links, schedules, tokens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django_scopes import scopes_disabled

from followup.models import CouncilReport, ExportLink, FileKind, Round
from followup.services.export_links import mail_link
from followup.services.opening_days import opening_days
from followup.services.result_releases import release_results
from outreach.models import Ministry, User
from tests.browser.conftest import Visitor
from tests.factories import (
    NOW,
    make_council_file,
    make_council_report,
    make_export_run,
    make_export_schedule,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo")]
WIDTHS = pytest.mark.parametrize("width", [1280, 375])


def _give_back() -> CouncilReport:
    """Give a finished result of the demo back to its ministries."""
    report = make_council_report(Round.objects.latest("pk"), state="running")
    make_council_file(report, name="第6回会議_取りまとめデータ_20230904-1000.xlsx")
    make_council_file(report, FileKind.PAPER)
    make_council_file(
        report, FileKind.MINISTRY_SHEET, ministry=Ministry.objects.get(name="厚生労働省"),
        name="第6回会議_府省庁別結果_厚生労働省_20230904-1000.xlsx",
    )  # fmt: skip
    CouncilReport.objects.filter(pk=report.pk).update(state="done", progress=100, finished_at=NOW)
    report.refresh_from_db()
    staff = User.objects.get(email="staff@digital.example")
    release_results(
        report=report, message="第6回会議で報告します。\n御協力に感謝します。", actor=staff, now=NOW
    )
    return report


def _mail(report: CouncilReport) -> ExportLink:
    run = make_export_run(make_export_schedule(round=report.round), report=report)
    return mail_link(run=run, email="chair@council.example", days=opening_days(), now=NOW)


@WIDTHS
def test_an_officer_and_the_holder_of_a_mailed_link_find_the_files_that_are_for_them(
    visitor: Callable[..., Visitor], width: int
) -> None:
    with scopes_disabled():
        link = _mail(_give_back())
    officer, holder = visitor(width), visitor(width)

    officer.enter("officer@mhlw.example")
    officer.visit("/portal/results/")
    holder.visit(link.mail.secret_link.removeprefix(settings.BASE_URL))

    officer.sees("第6回会議_府省庁別結果_厚生労働省_20230904-1000.xlsx", "御協力に感謝します。")
    holder.sees("第6回会議_取りまとめデータ_20230904-1000.xlsx", "chair@council.example")
    with holder.page.expect_download() as taken:
        holder.page.get_by_role("button", name="ダウンロード").first.click()
    assert taken.value.suggested_filename == "第6回会議_取りまとめデータ_20230904-1000.xlsx"


@WIDTHS
def test_staff_schedule_what_is_sent_see_the_links_and_issue_a_token(
    visitor: Callable[..., Visitor], width: int
) -> None:
    with scopes_disabled():
        link = _mail(_give_back())
    staff = visitor(width)
    staff.enter("staff@digital.example")

    for page in ("exportschedule/", "exportschedule/add/", f"exportrun/{link.run_id}/change/"):
        staff.visit(f"/admin/followup/{page}")
    staff.follow("リンクを見る")
    staff.sees("chair@council.example")
    staff.visit("/admin/outreach/apitoken/add/")
    staff.page.locator("input[name=name]").fill("会議資料のグラフ")
    staff.press("保存")
    staff.sees("APIトークンの発行")
    staff.visit("/admin/outreach/apitoken/")
    staff.sees("会議資料のグラフ", "使用中")
