"""Read a round's raw rows by plain SQL, and add them up again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from followup.management.recount.stored import KINDS
from followup.management.recount.tally import Answered, MinistryRow, Notice, Numbers, Tally

TOKYO = ZoneInfo("Asia/Tokyo")
AT_ONCE = 2_000
OWING = {"draft", "in_review", "returned"}
OTHER = "__other"

LEDGER = """
FROM outreach_notification n
JOIN outreach_assignment a ON a.id = n.assignment_id
JOIN followup_report r ON r.assignment_id = a.id AND r.round_id = %s
JOIN outreach_ministry m ON m.id = a.ministry_id
"""
NOTICES = f"""
SELECT m.name,
       CASE b.corporate_number WHEN '' THEN 'name:' || b.name_key ELSE 'number:' || b.corporate_number END,
       b.category, t.number, n.issued_on {LEDGER}
JOIN outreach_body b ON b.id = n.body_id
JOIN outreach_lettertemplate t ON t.id = n.template_id
"""
CHANNELS = f"""
SELECT c.code {LEDGER}
JOIN outreach_notification_channels nc ON nc.notification_id = n.id
JOIN outreach_channel c ON c.id = nc.channel_id
WHERE n.issued_on IS NOT NULL
"""
REPORTS = """
SELECT r.id, m.name, r.status, r.due_on, r.due_time, a.no_body_reason
FROM followup_report r
JOIN outreach_assignment a ON a.id = r.assignment_id
JOIN outreach_ministry m ON m.id = a.ministry_id
WHERE r.round_id = %s
"""
SUBMISSIONS = """
SELECT s.report_id, s.submitted_at, s.due_on, s.due_time, s.no_body_reason
FROM followup_submission s JOIN followup_report r ON r.id = s.report_id
WHERE r.round_id = %s ORDER BY s.report_id, s.number
"""
LATEST = """
FROM followup_submission s
JOIN followup_report r ON r.id = s.report_id AND r.round_id = %s
JOIN outreach_assignment a ON a.id = r.assignment_id
JOIN outreach_ministry m ON m.id = a.ministry_id
"""
IS_LATEST = (
    "WHERE s.number = (SELECT MAX(o.number) FROM followup_submission o WHERE o.report_id = s.report_id)"
)
OWN_ANSWERS = f"SELECT r.id, NULL, m.name, s.form_version_id, s.answers {LATEST} {IS_LATEST}"
BODY_ANSWERS = f"""
SELECT r.id, w.notification_id, m.name, s.form_version_id, w.answers {LATEST}
JOIN followup_submittedanswer w ON w.submission_id = s.id {IS_LATEST}
"""
QUESTIONS = """
SELECT q.form_version_id, q.key, q.type
FROM followup_question q JOIN followup_formversion f ON f.id = q.form_version_id
WHERE f.round_id = %s AND f.published_at IS NOT NULL
"""
RULINGS = """
SELECT g.report_id, g.notification_id, m.name, g.question_key, g.kind, g.submitted_value, g.corrected_value
FROM followup_figureruling g
JOIN followup_report r ON r.id = g.report_id AND r.round_id = %s
JOIN outreach_assignment a ON a.id = r.assignment_id
JOIN outreach_ministry m ON m.id = a.ministry_id
WHERE g.withdrawn_at IS NULL
"""
CHANGES = """
SELECT COUNT(*) FROM outreach_auditentry
WHERE at > %s AND (object_type IN ({kinds}) OR (object_type = '' AND action LIKE %s))
"""
TOUCHING = (
    "followup.answerimport", "followup.figureruling", "followup.formversion", "followup.report",
    "followup.round", "outreach.assignment", "outreach.body", "outreach.ministry", "outreach.notification",
)  # fmt: skip
"""Kinds of objects whose changes may change figures."""

Place = tuple[int, int | None]


def changes_since(at: datetime) -> int:
    """Return how many recorded changes since an instant may have changed the rows of figures."""
    query = CHANGES.format(kinds=", ".join(["%s"] * len(TOUCHING)))
    with connection.cursor() as cursor:
        cursor.execute(query, [at, *TOUCHING, "%一括取込み"])
        return int(cursor.fetchone()[0])


def row_numbers(round_id: int, *, as_of: datetime) -> Numbers:
    """Return the figures of a round as its rows say now; `as_of` decides what is overdue."""
    tally = Tally()
    for row in _ministries(round_id, as_of):
        tally.add_ministry(row)
    for ministry, identity, category, template, day in read_rows(NOTICES, round_id):
        tally.add_notice(Notice(ministry, identity, category, template, str(day) if day else None))
    for (code,) in read_rows(CHANNELS, round_id):
        tally.add_channel(code)
    _add_answers(tally, round_id)
    return tally.numbers()


def read_rows(query: str, *params: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query, some at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, params)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows


def _ministries(round_id: int, as_of: datetime) -> Iterator[MinistryRow]:
    versions: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for report_id, *version in read_rows(SUBMISSIONS, round_id):
        versions[report_id].append(tuple(version))
    for report_id, ministry, status, due_on, due_time, no_body_reason in list(read_rows(REPORTS, round_id)):
        own = versions[report_id]
        first_at, first_due_on, first_due_time, _reason = own[0] if own else (None, None, None, "")
        yield MinistryRow(
            ministry=ministry,
            status=status,
            versions=len(own),
            is_late=bool(own) and _is_past(first_due_on, first_due_time, _instant(first_at)),
            is_overdue=status in OWING and due_on is not None and _is_past(due_on, due_time, as_of),
            is_no_body=bool(no_body_reason or (own and own[-1][-1])),
        )


def _is_past(due_on: Any, due_time: Any, instant: datetime) -> bool:
    """Say whether an instant is after the last second that is on time, in Asia/Tokyo."""
    day = due_on if isinstance(due_on, date) else date.fromisoformat(due_on)
    clock = time.fromisoformat(due_time) if isinstance(due_time, str) else due_time
    last_second = datetime.combine(day, clock or time(23, 59, 59), TOKYO)
    return instant >= last_second + timedelta(seconds=1)


def _instant(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _add_answers(tally: Tally, round_id: int) -> None:
    kinds: dict[int, dict[str, str]] = defaultdict(dict)
    for form, key, type_ in read_rows(QUESTIONS, round_id):
        kinds[form][key] = KINDS[type_]
    rulings = _rulings(round_id)
    for query in (OWN_ANSWERS, BODY_ANSWERS):
        for report_id, notification_id, ministry, form, answers in read_rows(query, round_id):
            place = report_id, notification_id
            submitted = loaded(answers)
            counted = _ruled(tally, ministry, submitted, rulings.pop(place, {}))
            values = {key: _answered(kinds[form].get(key, "other"), value) for key, value in counted.items()}
            tally.add_answers(ministry, values, is_body=notification_id is not None)
    for left in rulings.values():  # on rows that the latest submission does not have any more
        for ministry, _kind, _submitted, _corrected in left.values():
            tally.add_ruling(ministry, "to_check")


Ruled = tuple[str, str, Any, Any]


def _rulings(round_id: int) -> dict[Place, dict[str, Ruled]]:
    rulings: dict[Place, dict[str, Ruled]] = defaultdict(dict)
    for report_id, notification_id, ministry, key, kind, submitted, corrected in read_rows(RULINGS, round_id):
        rulings[report_id, notification_id][key] = ministry, kind, loaded(submitted), loaded(corrected)
    return dict(rulings)


def _ruled(
    tally: Tally, ministry: str, submitted: Mapping[str, Any], rulings: Mapping[str, Ruled]
) -> dict[str, Any]:
    """Return the answers of a row as they are counted, and count what was ruled on them."""
    counted = dict(submitted)
    for key, (_ministry, kind, ruled_on, corrected) in rulings.items():
        value = submitted.get(key)
        if type(value) is not type(ruled_on) or value != ruled_on:
            tally.add_ruling(ministry, "to_check")
            continue
        tally.add_ruling(ministry, kind)
        counted.pop(f"{key}{OTHER}", None)
        del counted[key]
        if kind == "corrected":
            counted[key] = corrected
    return counted


def loaded(value: Any) -> Any:
    """Return a JSON column as values, however the driver hands it over."""
    return json.loads(value) if isinstance(value, str) else value


def _answered(kind: str, value: Any) -> Answered:
    if kind == "boolean":
        return Answered(kind, codes=["yes" if value else "no"])
    if kind == "choice":
        return Answered(kind, codes=list(value) if isinstance(value, list) else [str(value)])
    if kind == "number":
        return Answered(kind, number=Decimal(str(value)))
    return Answered(kind)
