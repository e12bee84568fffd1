"""Staff set up a 定期送付 in the admin."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from followup.models import ExportSchedule
from followup.rules.status import RoundStatus
from outreach.models import AuditEntry, User
from tests.admin.browser import fields_of, queries
from tests.exports.conftest import make_schedule, sent, tick
from tests.factories import NOW, make_round, make_staff

pytestmark = pytest.mark.django_db

ADD = reverse("admin:followup_exportschedule_add")
LISTS = [
    reverse(f"admin:followup_{name}_changelist") for name in ("exportschedule", "exportrun", "exportlink")
]


def entered(**fields: Any) -> dict[str, Any]:
    defaults = {
        "round": str(make_round().pk),
        "name": "週次の送付",
        "cadence": "weekly",
        "weekdays": ["0", "3"],
        "due_offsets": "",
        "send_at": "１０時",
        "recipients": "Chair@Council.example\r\n\r\nmember@council.example\r\nchair@council.example",
        "link_days": "7",
        "is_active": "on",
    }
    return defaults | fields


def page_of(schedule: ExportSchedule) -> str:
    return reverse("admin:followup_exportschedule_change", args=[schedule.pk])


def test_a_schedule_on_days_of_the_week(desk: Client, staff: User) -> None:
    desk.post(ADD, entered())

    schedule = ExportSchedule.objects.get()
    assert (schedule.weekdays, schedule.send_at, schedule.link_days) == ("03", time(10), 7)
    assert schedule.addresses == ["chair@council.example", "member@council.example"]
    assert (schedule.created_by, schedule.counts_from) == (staff, NOW)
    assert AuditEntry.objects.filter(action="取りまとめの定期送付を追加", actor=staff).exists()
    page = desk.get(page_of(schedule)).content.decode()
    assert "令和5年9月7日" in page  # the next Thursday: this Monday's ten o'clock has come already


def test_a_schedule_around_the_due_date(desk: Client) -> None:
    desk.post(ADD, entered(cadence="around_due", weekdays=["0"], due_offsets="3、－5, 0"))

    schedule = ExportSchedule.objects.get()
    assert (schedule.weekdays, schedule.due_offsets) == ("", "-5,0,3")
    page = desk.get(LISTS[0]).content.decode()
    assert "期限の5開庁日前、期限当日、期限の3開庁日後" in page


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"weekdays": []}, "曜日を一つ以上選んでください。"),
        ({"weekdays": ["6"]}, "正しく選択してください"),
        ({"cadence": "around_due", "due_offsets": ""}, "期限からの開庁日数を入力してください。"),
        ({"cadence": "around_due", "due_offsets": "五日前"}, "整数をカンマで区切って"),
        ({"cadence": "around_due", "due_offsets": "61"}, "60開庁日以内"),
        ({"recipients": "chair@council"}, "メールアドレスとして読み取れません"),
        ({"recipients": " \n"}, "この項目は必須です"),
        ({"recipients": "\n".join(f"a{n}@b.example" for n in range(51))}, "50件まで"),
        ({"recipients": f"{'a' * 64}@{'b' * 60}.{'c' * 40}.example"}, "メールアドレスとして読み取れません"),
        ({"link_days": "61"}, "1日から60日まで"),
        ({"link_days": "0"}, "1日から60日まで"),
        ({"send_at": "25時"}, "時刻"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_kept(
    desk: Client, fields: dict[str, Any], problem: str
) -> None:
    response = desk.post(ADD, entered(**fields))

    assert response.status_code == 400
    assert problem in response.content.decode()
    assert not ExportSchedule.objects.exists()


def test_changing_the_days_begins_the_count_anew_and_changing_the_list_does_not(
    desk: Client, schedule: ExportSchedule
) -> None:
    began = schedule.counts_from
    shown: dict[str, Any] = fields_of(desk.get(page_of(schedule)).content.decode())
    shown |= {"weekdays": ["0", "3"]}

    desk.post(page_of(schedule), shown | {"recipients": "third@council.example"})
    schedule.refresh_from_db()
    assert (schedule.addresses, schedule.counts_from) == (["third@council.example"], began)

    shown = fields_of(desk.get(page_of(schedule)).content.decode())
    desk.post(page_of(schedule), shown | {"cadence": "around_due", "weekdays": ["0"], "due_offsets": "-1"})
    schedule.refresh_from_db()
    assert (schedule.cadence, schedule.weekdays, schedule.counts_from) == ("around_due", "", NOW)
    tick(4, 10, 1)
    assert not schedule.runs.exists()


def test_a_fixed_round_cannot_be_chosen(desk: Client) -> None:
    fixed = make_round(status=RoundStatus.FIXED)

    response = desk.post(ADD, entered(round=str(fixed.pk)))

    assert response.status_code == 400


def test_the_pages_of_a_sent_run_lead_to_result_and_links(desk: Client, schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]

    run = desk.get(reverse("admin:followup_exportrun_change", args=[link.run_id])).content.decode()
    links = desk.get(f"{LISTS[2]}?run__id__exact={link.run_id}").content.decode()
    one = desk.get(reverse("admin:followup_exportlink_change", args=[link.pk])).content.decode()

    assert "送付済み" in run
    assert reverse("admin:followup_councilreport_change", args=[link.run.report_id]) in run
    assert link.email in links
    assert "リンクを取り消す" in one
    assert link.mail.secret_link not in one


def test_the_list_tells_when_a_schedule_is_next_sent(desk: Client, schedule: ExportSchedule) -> None:
    with time_machine.travel(NOW, tick=False):
        page = desk.get(LISTS[0]).content.decode()

    assert "次回：令和5年9月7日 10時" in page


def test_who_may_only_look_changes_nothing(schedule: ExportSchedule) -> None:
    link = sent(schedule)[0]
    user = make_staff(is_superuser=False)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_exportschedule", "view_exportrun", "view_exportlink"])
    )
    viewer = Client()
    viewer.force_login(user)

    assert viewer.get(LISTS[0]).status_code == 200
    assert viewer.post(ADD, entered()).status_code == 403
    assert viewer.post(reverse("admin:followup_exportlink_revoke", args=[link.pk])).status_code == 403
    assert viewer.post(reverse("admin:followup_exportrun_retry", args=[link.run_id])).status_code == 403


def test_one_row_and_twenty_take_the_same_queries(
    desk: Client, staff: User, schedule: ExportSchedule
) -> None:
    sent(schedule)
    few = [queries(desk, page) for page in LISTS]
    for number in range(10):
        make_schedule(staff, round=schedule.round, name=f"送付{number}")
    sent(schedule, day=7)

    assert [queries(desk, page) for page in LISTS] == few
