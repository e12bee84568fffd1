"""What a body does behind its link (回答案): open it, answer, correct the answer. No report changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from followup.models import BodyRequest, ProposedAnswer
from followup.rules.body_requests import ACCEPTED, ProposalState
from followup.rules.questions import Answers
from followup.services.body_links import LinkClosed
from followup.services.body_request_mails import drop_waiting_mails, tell_ministry
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal, StaleWrite

MOST_VERSIONS = 50


@dataclass(frozen=True)
class Respondent:
    """Who answers for a body."""

    name: str
    contact: str
    department: str = ""


class AnswerAccepted(Refusal):
    """The ministry has taken the answers over; they can be changed through it only."""

    def __init__(self) -> None:
        super().__init__(
            "御回答は既に府省庁が受け付けたため、この画面では変更できません。変更がある場合は、問合せ先へ御連絡ください。"
        )


class AnsweredElsewhere(StaleWrite):
    """The body answered meanwhile from another screen; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "この画面を開いた後に、別の画面から回答が送信されました。今回の入力は、まだ送信していません。"
        )


def last_proposal(body_request: BodyRequest) -> ProposedAnswer | None:
    """Return what the body answered last."""
    return body_request.proposals.select_related("form_version").order_by("-number").first()


@transaction.atomic
def mark_opened(*, body_request: BodyRequest, now: datetime) -> None:
    """Note the first time that the page behind the link was shown."""
    if BodyRequest.objects.filter(pk=body_request.pk, opened_at=None).update(opened_at=now):
        record_audit(
            action="団体が回答画面を開いた",
            now=now,
            actor=None,
            rule=f"{body_request.notification.body.name}（リンク）",
            obj=body_request,
            ministry=body_request.report.assignment.ministry,
        )


@transaction.atomic
def submit_proposal(
    *,
    body_request: BodyRequest,
    seen_number: int | None,
    answers: Answers,
    respondent: Respondent,
    now: datetime,
) -> ProposedAnswer:
    """Keep what a body answers as its next version; the same again, as by a double click, adds none.

    `seen_number` is the version that the page was opened with (None: there was none).

    Raises:
        LinkClosed: when the link was withdrawn or replaced meanwhile, or has expired.
        AnswerAccepted: when the ministry has taken the answers over.
        AnsweredElsewhere: when there is a later version than the one seen.
    """
    locked = _lock(body_request, now)
    last = last_proposal(locked)
    if last and last.state in ACCEPTED:
        raise AnswerAccepted
    if last and last.state == ProposalState.PENDING and _says(last, answers, respondent):
        return last
    if seen_number != (last.number if last else None):
        raise AnsweredElsewhere
    if last:
        _replace(last)
    return _add(locked, (last.number if last else 0) + 1, answers, respondent, now=now)


def _lock(body_request: BodyRequest, now: datetime) -> BodyRequest:
    today = instant_in_tokyo(now).date()
    locked = (
        BodyRequest.objects.live(today)
        .select_for_update(of=("self",))
        .select_related("report__assignment__ministry", "report__form_version", "notification__body", "mail")
        .filter(pk=body_request.pk, token_hash=body_request.token_hash)
        .first()
    )
    if locked is None:
        raise LinkClosed
    return locked


def _says(proposal: ProposedAnswer, answers: Answers, respondent: Respondent) -> bool:
    """Say whether a version says just this; compared as stored, where False is not 0."""
    return (repr(sorted(proposal.answers.items())), _respondent_of(proposal)) == (
        repr(sorted(answers.items())),
        respondent,
    )


def _respondent_of(proposal: ProposedAnswer) -> Respondent:
    return Respondent(proposal.respondent_name, proposal.respondent_contact, proposal.respondent_department)


def _replace(last: ProposedAnswer) -> None:
    """Let a later version take the place of one that waits; the ministry may decide at this moment."""
    if last.number >= MOST_VERSIONS:
        raise Refusal("訂正の回数が上限に達しました。お手数ですが、問合せ先へ御連絡ください。")
    waiting = ProposedAnswer.objects.filter(pk=last.pk).pending()
    if last.state == ProposalState.PENDING and not waiting.update(state=ProposalState.REPLACED):
        raise AnswerAccepted


def _add(
    body_request: BodyRequest, number: int, answers: Answers, respondent: Respondent, *, now: datetime
) -> ProposedAnswer:
    form_version = body_request.report.form_version
    if form_version is None:  # only a form that has been published can ask
        raise LinkClosed
    proposal = ProposedAnswer.objects.create(
        body_request=body_request,
        number=number,
        form_version=form_version,
        answers=dict(answers),
        respondent_name=respondent.name,
        respondent_department=respondent.department,
        respondent_contact=respondent.contact,
        submitted_at=now,
    )
    label = f"{body_request.notification.body.name}（{respondent.name}）"
    drop_waiting_mails([body_request], reason="団体が回答したため", now=now, actor=None, rule=label)
    tell_ministry(body_request, now=now)
    record_audit(
        action="団体が回答",
        now=now,
        actor=None,
        rule=label,
        obj=proposal,
        ministry=body_request.report.assignment.ministry,
        after=labelled(ProposedAnswer, {"number": number, "respondent_name": respondent.name}),
    )
    return proposal
