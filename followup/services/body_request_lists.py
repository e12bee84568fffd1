"""Who was asked, who has answered, and what waits for the ministry: what the pages of 回答依頼 show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from followup.models import BodyRequest, ProposedAnswer, Report
from followup.rules.body_requests import ProposalState, RequestState, request_state
from followup.services.contents import Row, form_of, rows_of
from outreach.models import MailState

ASKABLE = {RequestState.NOT_ASKED, RequestState.EXPIRED, RequestState.WITHDRAWN}


@dataclass(frozen=True)
class AskedRow:
    """One notified body with its last request and the last answer to it."""

    row: Row
    request: BodyRequest | None
    latest: ProposedAnswer | None
    state: RequestState

    @property
    def is_askable(self) -> bool:
        return self.state in ASKABLE

    @property
    def is_undelivered(self) -> bool:
        """Say whether the last mail to the body could not be sent."""
        mail = self.request.mail if self.request else None
        return mail is not None and mail.state == MailState.FAILED


def asked_rows(report: Report, *, today: date) -> list[AskedRow]:
    """Return every notified body with where its request stands; two queries beside those for the rows."""
    requests = {
        found.notification_id: found
        for found in BodyRequest.objects.filter(report=report).select_related("mail").order_by("pk")
    }
    latest = {
        found.body_request_id: found
        for found in ProposedAnswer.objects.filter(body_request__report=report)
        .defer("answers")
        .order_by("number")
    }
    return [_asked(row, requests.get(row.pk), latest, today) for row in rows_of(report, form_of(report))]


def _asked(row: Row, request: BodyRequest | None, latest: dict[int, ProposedAnswer], today: date) -> AskedRow:
    if request is None:
        return AskedRow(row, None, None, RequestState.NOT_ASKED)
    last = latest.get(request.pk)
    return AskedRow(row, request, last, state_of(request, last, today=today))


def state_of(request: BodyRequest, last: ProposedAnswer | None, *, today: date) -> RequestState:
    """Return where a request stands, given the body's last answer."""
    return request_state(
        latest=last.state if last else None,
        is_withdrawn=request.withdrawn_at is not None,
        is_opened=request.opened_at is not None,
        due_on=request.due_on,
        today=today,
    )


def counted(rows: Sequence[AskedRow]) -> list[tuple[str, int]]:
    """Return how many bodies are in each state, in the order of the states."""
    counts = Counter(row.state for row in rows)
    return [(str(state.label), counts[state]) for state in RequestState if counts[state]]


@dataclass(frozen=True)
class RequestCounts:
    """How many bodies were asked, and how many answers wait; for the report's page."""

    asked: int
    pending: int


def request_counts(report: Report) -> RequestCounts:
    """Count in one query."""
    found = BodyRequest.objects.filter(report=report).aggregate(
        asked=Count("notification", distinct=True),
        pending=Count("proposals", filter=Q(proposals__state=ProposalState.PENDING)),
    )
    return RequestCounts(found["asked"], found["pending"])
