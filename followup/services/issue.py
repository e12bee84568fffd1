"""Issue a request with its follow-up: the obligation to report begins with the letter (様式未定)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from followup.models import Council, Report, Round
from followup.rules.status import RoundStatus
from followup.services.forms import mail_form_to, newest_form
from outreach.models import Assignment, Ministry, OutreachRequest, User
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.requests import issue_request, issue_request_to_more


@transaction.atomic
def issue(
    *,
    request: OutreachRequest,
    ministries: Sequence[Ministry],
    council: Council,
    actor: User,
    now: datetime,
) -> Round:
    """Issue a request to ministries and open its first round, form undecided, with a report each."""
    assignments = issue_request(request=request, ministries=ministries, actor=actor, now=now)
    collection = Round.objects.create(request=request, council=council)
    _owe(collection, assignments)
    record_audit(action="フォローアップを作成", now=now, actor=actor, obj=collection)
    return collection


@transaction.atomic
def issue_more(
    *, request: OutreachRequest, ministries: Sequence[Ministry], actor: User, now: datetime
) -> list[Report]:
    """Issue a request to further ministries; they owe a report in its newest round from now on.

    Where the form is out already they are asked with it at once, with メール1.
    """
    collection = Round.objects.select_for_update().filter(request=request).order_by("-number").first()
    if collection is None or collection.status not in {RoundStatus.FORM_UNDECIDED, RoundStatus.OPEN}:
        raise Refusal(
            "フォローアップが受付中でないため、府省庁を追加できません。先に受付を再開してください。"
        )
    assignments = issue_request_to_more(request=request, ministries=ministries, actor=actor, now=now)
    reports = _owe(collection, assignments)
    version = newest_form(collection)
    if version:
        for report in reports:
            mail_form_to(report, version, now=now)
    return reports


def _owe(collection: Round, assignments: Sequence[Assignment]) -> list[Report]:
    """Create the report that each ministry owes."""
    version = newest_form(collection)
    return Report.objects.bulk_create(
        Report(
            round=collection,
            assignment=assignment,
            due_on=collection.due_on,
            due_time=collection.due_time,
            form_version=version,
        )
        for assignment in assignments
    )
