"""Choosing bodies, recording notices, and 該当なし."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.models import Assignment, AuditEntry, BodyCategory, Notification, User
from outreach.services.errors import StaleWrite
from outreach.services.notification_record import (
    AlreadyRecorded,
    AnswersExist,
    BodiesChosen,
    ForeignBody,
    InactiveBody,
    InvalidRecord,
    NoBodyDeclared,
    NotificationRecord,
)
from outreach.services.notifications import (
    declare_no_body,
    plan_notifications,
    record_notifications,
    update_notification,
    withdraw_no_body,
    withdraw_notification,
)
from tests.factories import (
    NOW,
    make_answered_report,
    make_assignment,
    make_body,
    make_channel,
    make_notification,
    make_officer,
    make_request,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment() -> Assignment:
    return make_assignment()


@pytest.fixture
def officer(assignment: Assignment) -> User:
    return make_officer(assignment.ministry)


def _record(**fields: Any) -> NotificationRecord:
    defaults: dict[str, Any] = {"issued_on": date(2023, 9, 1), "channels": [make_channel()]}
    return NotificationRecord(**(defaults | fields))


def test_chosen_bodies_get_the_template_of_their_category(assignment: Assignment, officer: User) -> None:
    industry = make_body(assignment.ministry)
    agency = make_body(assignment.ministry, category=BodyCategory.SPECIAL)

    plan_notifications(assignment=assignment, bodies=[industry, agency], actor=officer, now=NOW)

    assert list(Notification.objects.planned().values_list("body", "template__number")) == [
        (industry.pk, 1),
        (agency.pk, 2),
    ]


def test_choosing_again_leaves_what_was_chosen(assignment: Assignment, officer: User) -> None:
    body, other = make_body(assignment.ministry), make_body(assignment.ministry)
    plan_notifications(assignment=assignment, bodies=[body], actor=officer, now=NOW)

    chosen = plan_notifications(assignment=assignment, bodies=[body, other], actor=officer, now=NOW)

    assert [row.body for row in chosen] == [other]


def test_many_are_recorded_at_once_whether_chosen_before_or_not(
    assignment: Assignment, officer: User
) -> None:
    planned, new = make_body(assignment.ministry), make_body(assignment.ministry)
    plan_notifications(assignment=assignment, bodies=[planned], actor=officer, now=NOW)
    record = _record(
        materials=list(assignment.request.materials.all()), request_attached=True, wording_changed=True
    )

    rows = record_notifications(
        assignment=assignment,
        bodies=[planned, new],
        record=record,
        template_numbers={planned.pk: 2},
        actor=officer,
        now=NOW,
    )

    assert [(row.body, row.template.number) for row in rows] == [(planned, 2), (new, 1)]
    for row in rows:
        assert row.issued_on == date(2023, 9, 1)
        assert row.request_attached
        assert row.wording_changed
        assert list(row.channels.all()) == record.channels
        assert list(row.materials.all()) == record.materials
    entry = AuditEntry.objects.get(action="発出を記録")
    assert entry.after
    assert entry.after["団体"] == [f"{planned}（ひな形2）", f"{new}（ひな形1）"]
    assert rows[0].history.count() == 2


def test_one_recorded_before_refuses_all_and_writes_nothing(assignment: Assignment, officer: User) -> None:
    done = make_notification(assignment).body
    new = make_body(assignment.ministry)

    with pytest.raises(AlreadyRecorded, match=done.name):
        record_notifications(
            assignment=assignment, bodies=[done, new], record=_record(), actor=officer, now=NOW
        )

    assert not new.notifications.exists()
    assert not AuditEntry.objects.exists()


def test_recording_forty_asks_the_database_as_often_as_recording_two(
    assignment: Assignment, officer: User
) -> None:
    def queries(count: int) -> int:
        planned = [make_body(assignment.ministry) for _ in range(count)]
        plan_notifications(assignment=assignment, bodies=planned, actor=officer, now=NOW)
        bodies = planned + [make_body(assignment.ministry) for _ in range(count)]
        record = _record()
        with CaptureQueriesContext(connection) as captured:
            record_notifications(assignment=assignment, bodies=bodies, record=record, actor=officer, now=NOW)
        return len(captured)

    assert queries(1) == queries(20)


def test_a_body_of_another_ministry_refuses_all(assignment: Assignment, officer: User) -> None:
    own, foreign = make_body(assignment.ministry), make_body()

    with pytest.raises(ForeignBody):
        record_notifications(
            assignment=assignment, bodies=[own, foreign], record=_record(), actor=officer, now=NOW
        )

    assert not Notification.objects.exists()


def test_a_material_of_another_request_is_refused(assignment: Assignment, officer: User) -> None:
    material = make_request().materials.get()

    with pytest.raises(ForeignBody):
        record_notifications(
            assignment=assignment,
            bodies=[make_body(assignment.ministry)],
            record=_record(materials=[material]),
            actor=officer,
            now=NOW,
        )


def test_a_body_out_of_use_cannot_be_chosen_anew(assignment: Assignment, officer: User) -> None:
    body = make_body(assignment.ministry, is_active=False)

    with pytest.raises(InactiveBody):
        plan_notifications(assignment=assignment, bodies=[body], actor=officer, now=NOW)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"issued_on": date(2023, 9, 5)}, "issued_on"),
        ({"issued_on": date(2023, 8, 30)}, "issued_on"),
        ({"channels": []}, "channels"),
        ({"channel_other": "電話"}, "channel_other"),
    ],
)
def test_an_incomplete_record_is_refused_beside_its_field(
    assignment: Assignment, officer: User, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRecord) as refused:
        record_notifications(
            assignment=assignment,
            bodies=[make_body(assignment.ministry)],
            record=_record(**fields),
            actor=officer,
            now=NOW,
        )

    assert refused.value.field == field
    assert not Notification.objects.exists()


def test_a_correction_replaces_channels_and_tells_before_and_after(
    assignment: Assignment, officer: User
) -> None:
    notice = make_notification(assignment)
    channel = make_channel(label="会報")

    update_notification(
        notification=notice,
        expected_version=1,
        record=_record(issued_on=date(2023, 9, 2), channels=[channel]),
        template_number=2,
        actor=officer,
        now=NOW,
    )

    assert (notice.issued_on, notice.template.number, notice.version) == (date(2023, 9, 2), 2, 2)
    assert list(notice.channels.all()) == [channel]
    entry = AuditEntry.objects.get(action="発出の記録を修正")
    assert entry.before
    assert entry.after
    assert (entry.before["発出日"], entry.after["発出日"]) == ("2023-09-01", "2023-09-02")


def test_a_stale_correction_is_refused_and_tells_the_newer_values(
    assignment: Assignment, officer: User
) -> None:
    notice = make_notification(assignment, version=3)

    with pytest.raises(StaleWrite) as refused:
        update_notification(
            notification=notice,
            expected_version=2,
            record=_record(issued_on=date(2023, 9, 3)),
            template_number=1,
            actor=officer,
            now=NOW,
        )

    assert refused.value.theirs["issued_on"] == date(2023, 9, 1)
    notice.refresh_from_db()
    assert notice.issued_on == date(2023, 9, 1)


def test_withdrawing_removes_the_notice_and_the_trail_keeps_it(assignment: Assignment, officer: User) -> None:
    notice = make_notification(assignment)
    again = Notification.objects.get(pk=notice.pk)

    withdraw_notification(notification=notice, actor=officer, now=NOW)
    withdraw_notification(notification=again, actor=officer, now=NOW)

    assert not Notification.objects.exists()
    entry = AuditEntry.objects.get()
    assert entry.before
    assert (entry.action, entry.before["発出日"]) == ("発出の記録を取消し", "2023-09-01")


def test_a_notice_that_a_report_answers_about_cannot_be_withdrawn() -> None:
    report = make_answered_report()
    notice = report.body_answers.all()[0].notification
    officer = make_officer(report.assignment.ministry)

    with pytest.raises(AnswersExist):
        withdraw_notification(notification=notice, actor=officer, now=NOW)

    assert Notification.objects.filter(pk=notice.pk).exists()
    assert not AuditEntry.objects.filter(action="発出の記録を取消し").exists()


def test_no_body_and_chosen_bodies_exclude_each_other(assignment: Assignment, officer: User) -> None:
    body = make_body(assignment.ministry)
    declare_no_body(assignment=assignment, reason="所管する団体がないため", actor=officer, now=NOW)

    with pytest.raises(NoBodyDeclared):
        plan_notifications(assignment=assignment, bodies=[body], actor=officer, now=NOW)
    withdraw_no_body(assignment=assignment, actor=officer, now=NOW)
    plan_notifications(assignment=assignment, bodies=[body], actor=officer, now=NOW)
    with pytest.raises(BodiesChosen):
        declare_no_body(assignment=assignment, reason="やはりない", actor=officer, now=NOW)

    assignment.refresh_from_db()
    assert not assignment.is_no_body


def test_no_body_needs_a_reason(assignment: Assignment, officer: User) -> None:
    with pytest.raises(InvalidRecord) as refused:
        declare_no_body(assignment=assignment, reason="　", actor=officer, now=NOW)

    assert refused.value.field == "reason"
