"""Issuing a request and taking note of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.models import Assignment, AuditEntry, OutgoingMail, Role
from outreach.services.requests import (
    AlreadyIssued,
    DatedAhead,
    NobodyAsked,
    acknowledge,
    issue_request,
    issue_request_to_more,
    preview_issue,
)
from tests.factories import (
    NOW,
    TODAY,
    make_assignment,
    make_ministry,
    make_officer,
    make_request,
    make_staff,
)

pytestmark = pytest.mark.django_db


def test_issuing_makes_an_assignment_and_a_mail_for_each_ministry() -> None:
    request, staff = make_request(), make_staff()
    officer = make_officer()
    boxed = make_ministry(mailbox="box@example.jp")
    assert officer.ministry

    assignments = issue_request(request=request, ministries=[officer.ministry, boxed], actor=staff, now=NOW)

    assert [assignment.ministry for assignment in assignments] == [officer.ministry, boxed]
    assert set(OutgoingMail.objects.values_list("to", flat=True)) == {officer.email, "box@example.jp"}
    assert (request.issued_at, request.issued_by) == (NOW, staff)
    assert AuditEntry.objects.filter(action="依頼を発出", ministry=officer.ministry).count() == 1


def test_the_mail_tells_whom_it_is_for_what_to_do_and_where() -> None:
    ministry = make_ministry("厚生労働省")

    issue_request(request=make_request(), ministries=[ministry], actor=make_staff(), now=NOW)

    mail = OutgoingMail.objects.get()
    assert mail.body.startswith("厚生労働省　御担当者様")
    assert "令和5年8月31日付け" in mail.body
    assert "/portal/requests/" in mail.body
    assert "{" not in mail.body


def test_a_letter_of_a_day_to_come_is_not_issued_yet() -> None:
    request, ministry = make_request(dated_on=NOW.date() + timedelta(days=1)), make_ministry()

    with pytest.raises(DatedAhead, match="文書の日付"):
        issue_request(request=request, ministries=[ministry], actor=make_staff(), now=NOW)

    request.refresh_from_db()
    assert not request.is_issued
    assert not Assignment.objects.exists()


def test_the_preview_shows_the_very_mail_and_what_stands_in_the_way() -> None:
    request = make_request()
    officer = make_officer()
    boxed, silent = make_ministry(), make_ministry(mailbox="")
    make_officer(silent, role=Role.VIEWER)
    assert officer.ministry

    rows = preview_issue(request=request, ministries=[officer.ministry, boxed, silent], today=TODAY)
    issue_request(request=request, ministries=[officer.ministry], actor=make_staff(), now=NOW)

    assert [row.recipients for row in rows] == [[officer.email], [boxed.mailbox], []]
    assert rows[0].problem == ""
    assert "共有メールボックスに送ります" in rows[1].problem
    assert "メールを送れません" in rows[2].problem
    mail = OutgoingMail.objects.get()
    assert (mail.subject, mail.body) == (rows[0].subject, rows[0].body)


def test_the_preview_asks_the_database_as_often_for_twenty_ministries_as_for_one() -> None:
    request = make_request()
    ministries = [make_ministry() for _ in range(20)]

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            preview_issue(request=request, ministries=ministries[:count], today=TODAY)
        return len(captured)

    assert queries(1) == queries(20)


def test_a_second_click_issues_nothing_more() -> None:
    request, staff, ministry = make_request(), make_staff(), make_ministry()
    issue_request(request=request, ministries=[ministry], actor=staff, now=NOW)

    with pytest.raises(AlreadyIssued):
        issue_request(request=request, ministries=[ministry], actor=staff, now=NOW)

    assert (Assignment.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_issuing_to_nobody_is_refused_and_leaves_the_request_unissued() -> None:
    request = make_request()

    with pytest.raises(NobodyAsked):
        issue_request(request=request, ministries=[], actor=make_staff(), now=NOW)

    request.refresh_from_db()
    assert not request.is_issued


def test_ministries_can_be_added_later_but_none_twice() -> None:
    request, staff = make_request(), make_staff()
    first, second = make_ministry("第一省"), make_ministry("第二省")
    issue_request(request=request, ministries=[first], actor=staff, now=NOW)

    added = issue_request_to_more(request=request, ministries=[second], actor=staff, now=NOW)
    with pytest.raises(AlreadyIssued, match="第二省"):
        issue_request_to_more(request=request, ministries=[make_ministry(), second], actor=staff, now=NOW)

    assert [assignment.ministry for assignment in added] == [second]
    assert Assignment.objects.count() == 2


def test_the_first_officer_to_acknowledge_is_the_one_on_record() -> None:
    assignment = make_assignment()
    first, second = make_officer(assignment.ministry), make_officer(assignment.ministry)

    assert acknowledge(assignment=assignment, actor=first, now=NOW)
    assert not acknowledge(assignment=assignment, actor=second, now=NOW)

    assert assignment.acknowledged_by == first
    assert AuditEntry.objects.filter(action="依頼を確認").count() == 1
