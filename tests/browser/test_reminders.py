"""Reminders at a browser: whom staff see to be told what, and how officers see to who is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django_scopes import scopes_disabled

from followup.models import CalendarFeed, Reminder
from followup.services.reminders import plan_reminders
from outreach.models import User
from outreach.rules.wareki import TOKYO
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OFFICER = "officer@meti.example"
RULES = "/admin/followup/reminderrule/"
PLANNED_AT = datetime(2023, 9, 7, 10, tzinfo=TOKYO)


@pytest.mark.parametrize("width", [1280, 375])
def test_staff_see_who_would_be_told_and_who_was(
    visitor: Callable[..., Visitor], width: int, pictures: Callable[[str, int], str], demo: str
) -> None:
    with scopes_disabled():
        plan_reminders(today=PLANNED_AT.date(), now=PLANNED_AT)
    staff = visitor(width)
    staff.enter("staff@digital.example")
    staff.visit(RULES)
    staff.follow("シミュレーション")
    staff.page.get_by_label("初日").fill("2023-09-07")
    staff.page.get_by_label("最終日").fill("2023-09-11")
    staff.press("シミュレーションする", pictures("admin-simulation", width))
    staff.sees("届くもの・届かないもの", "閉庁日")
    staff.visit("/admin/followup/reminder/", pictures("admin-reminders", width))
    staff.sees("依頼の内容の確認：依頼の発出の5開庁日後")
    staff.visit(f"/admin/followup/reminder/{Reminder.objects.latest('pk').pk}/change/")
    staff.visit("/admin/followup/reminderrule/1/change/")
    staff.visit("/admin/followup/specialday/add/")
    staff.visit("/admin/outreach/taskrun/status/", pictures("admin-status", width))
    staff.sees("データベース", "送信箱")


@pytest.mark.parametrize("width", [1280, 375])
def test_an_officer_goes_away_hands_over_and_takes_the_dates_along(
    visitor: Callable[..., Visitor], width: int, pictures: Callable[[str, int], str], demo: str
) -> None:
    member = User.objects.get(email=OFFICER)
    officer = visitor(width)
    officer.enter(OFFICER)
    officer.visit(f"/portal/members/{member.pk}/absence/")
    officer.page.get_by_label("不在の初日").fill("2023-09-04")
    officer.page.get_by_label("不在の最終日").fill("2023-09-08")
    officer.press("設定する", pictures("portal-members", width))
    officer.sees("不在", "令和5年9月8日まで")
    member.refresh_from_db()
    assert (member.away_from, member.away_until) == (date(2023, 9, 4), date(2023, 9, 8))
    officer.visit("/portal/calendar/")
    officer.press("URLを発行する")
    officer.sees("表示するのは、この一度だけです")
    assert CalendarFeed.objects.filter(user=member).count() == 1
    officer.press("連携を取り消す")
    officer.sees("未発行")
    officer.visit(f"/portal/members/{member.pk}/handover/", pictures("portal-handover", width))
    officer.page.get_by_label("招待する後任の氏名").fill("後任 二郎")
    officer.page.get_by_label("招待する後任のメールアドレス").fill("successor@meti.example")
    officer.page.get_by_label("引継日").fill("2023-09-29")
    officer.press("引き継ぐ")
    officer.sees("後任 二郎", "予定")
