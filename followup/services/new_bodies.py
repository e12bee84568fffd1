"""Bodies that an officer entered below the others in an answer workbook: added, notified, answered for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from followup.models import Report
from followup.rules.questions import Answer
from outreach.models import Assignment, Body, Channel, User
from outreach.rules.names import matching_key
from outreach.rules.notice import record_problems
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.bodies import BodyFields, create_bodies
from outreach.services.notification_record import NotificationRecord
from outreach.services.notifications import record_notifications


@dataclass(frozen=True)
class EnteredBody:
    """One row of the workbook that belongs to no notified body; `cell` says which row it was."""

    cell: str
    name: str
    category: str
    template_number: int
    issued_on: date
    answers: dict[str, Answer]


class BodyProblem(NamedTuple):
    """What keeps a body from being added; `field` is its name or its issued_on."""

    field: str
    message: str


def new_body_problems(
    *, report: Report, entered: Sequence[EnteredBody], now: datetime
) -> dict[str, BodyProblem]:
    """Return by the bodies' cells what keeps one from being added; one query, whatever their number.

    That none of them is listed in the report already, or comes twice, is asked where the workbook is read.
    """
    if not entered:
        return {}
    assignment = report.assignment
    if assignment.is_no_body or report.is_no_body:
        message = "「該当なし」を登録済みです。団体を加えるときは、先に「該当なし」を取り消してください。"
        return {body.cell: BodyProblem("name", message) for body in entered}
    listed = _listed(assignment, entered)
    problems = {
        body.cell: _problem(body, assignment, listed.get(matching_key(body.name)), now) for body in entered
    }
    return {cell: problem for cell, problem in problems.items() if problem}


def _problem(
    body: EnteredBody, assignment: Assignment, listed: Body | None, now: datetime
) -> BodyProblem | None:
    """Return the first thing that is wrong with one body; None when it may be added."""
    if listed and not listed.is_active:
        message = f"「{listed.name}」は使用を停止した団体です。団体の一覧で使用を再開してください。"
        return BodyProblem("name", message)
    problems = record_problems(
        issued_on=body.issued_on,
        today=instant_in_tokyo(now).date(),
        requested_on=assignment.request.dated_on,
        has_channel=True,
        has_other_channel=False,
        channel_other="",
    )
    return BodyProblem("issued_on", problems["issued_on"]) if "issued_on" in problems else None


def add_bodies(
    *,
    report: Report,
    entered: Sequence[EnteredBody],
    channels: Sequence[Channel],
    channel_other: str,
    actor: User,
    now: datetime,
    on_behalf_of: str = "",
) -> dict[int, Mapping[str, Answer]]:
    """Add bodies that are not on the ministry's list yet, record their notices; return the answers by notice.

    To be called inside the transaction that saves the answers.
    """
    if not entered:
        return {}
    assignment = report.assignment
    listed = _listed(assignment, entered)
    missing = [body for body in entered if matching_key(body.name) not in listed]
    created = create_bodies(
        ministry=assignment.ministry,
        entered=[BodyFields(name=body.name, category=body.category) for body in missing],
        actor=actor,
        now=now,
        on_behalf_of=on_behalf_of,
    ) if missing else []  # fmt: skip
    listed |= {body.name_key: body for body in created}
    answers: dict[int, Mapping[str, Answer]] = {}
    for issued_on in sorted({body.issued_on for body in entered}):
        rows = {listed[matching_key(row.name)].pk: row for row in entered if row.issued_on == issued_on}
        notices = record_notifications(
            assignment=assignment,
            bodies=[body for body in listed.values() if body.pk in rows],
            record=NotificationRecord(issued_on=issued_on, channels=channels, channel_other=channel_other),
            template_numbers={pk: row.template_number for pk, row in rows.items()},
            actor=actor,
            now=now,
        )
        answers |= {notice.pk: rows[notice.body_id].answers for notice in notices}
    return answers


def _listed(assignment: Assignment, entered: Sequence[EnteredBody]) -> dict[str, Body]:
    keys = {matching_key(body.name) for body in entered}
    found = Body.objects.filter(ministry=assignment.ministry_id, name_key__in=keys)
    return {body.name_key: body for body in found}
