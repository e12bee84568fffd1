"""What the ministry makes of a body's answers (回答案): take over, edit first, take all, or decline."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from followup.models import ProposedAnswer, Report
from followup.rules.body_requests import ProposalState, meets_nothing, read_by_form, taken_over
from followup.rules.questions import Answer, Answers
from followup.services.body_request_mails import draft_to_body, letter_title, letter_titles
from followup.services.contents import Row, form_of, rows_of
from followup.services.drafts import RowInput, save_answers
from followup.services.steps import lock_report, refuse_editing
from outreach.models import User
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import labelled, record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mails


class AlreadyDecided(Refusal):
    """A colleague was first, or the body has sent a later version."""

    def __init__(self) -> None:
        super().__init__(
            "この回答案は、ほかの方が処理したか、団体が新しい回答に差し替えました。最新の内容を確かめてください。"
        )


def row_with(row: Row, proposal: ProposedAnswer) -> dict[str, Answer]:
    """Return a row with the body's answers in it, as far as they may be entered and the form takes them."""
    return taken_over(row.form, row.answers, read_by_form(row.open_form(), proposal.answers).answers)


@transaction.atomic
def take_proposal(
    *,
    proposal: ProposedAnswer,
    seen_version: int | None,
    edited: Answers | None = None,
    actor: User,
    now: datetime,
) -> ProposedAnswer:
    """Write a body's answers into its row, as they are or as `edited` by the officer.

    `seen_version` is that of the row as the officer saw it (None: nothing was entered).

    Raises:
        ConflictingAnswers: when a colleague has changed the row since.
        AlreadyDecided: when the proposal is not waiting any more.
    """
    report = lock_report(proposal.body_request.report)
    refuse_editing(report, actor)
    row = _row_of(report, proposal)
    as_they_are = row_with(row, proposal)
    answers = as_they_are if edited is None else edited
    state = ProposalState.TAKEN if answers == as_they_are else ProposalState.EDITED
    _decide([proposal.pk], state=state, actor=actor, now=now)
    _save(report, {row.pk: (seen_version, answers)}, actor=actor, now=now)
    record_audit(
        action="団体の回答案を採用",
        now=now,
        actor=actor,
        obj=proposal,
        ministry=report.assignment.ministry,
        before=labelled(ProposedAnswer, {"state": ProposalState.PENDING}),
        after=labelled(ProposedAnswer, {"state": state}),
    )
    return ProposedAnswer.objects.get(pk=proposal.pk)


def _row_of(report: Report, proposal: ProposedAnswer) -> Row:
    rows = rows_of(report, form_of(report), only=[proposal.body_request.notification_id])
    if not rows:
        raise Refusal("この団体への発出の記録がないため、採用できません。発出の記録を確かめてください。")
    return rows[0]


def _decide(pks: list[int], *, state: ProposalState, actor: User, now: datetime, reason: str = "") -> None:
    """Decide on proposals that still wait, on all of them or none."""
    waiting = ProposedAnswer.objects.filter(pk__in=pks).pending()
    if waiting.update(state=state, decided_by=actor, decided_at=now, reason=reason) != len(pks):
        raise AlreadyDecided


def _save(report: Report, rows: dict[int, RowInput], *, actor: User, now: datetime) -> None:
    save_answers(
        report=report,
        expected_version=None,
        ministry_answers=None,
        body_answers=rows,
        actor=actor,
        now=now,
    )


@transaction.atomic
def take_all_proposals(*, report: Report, actor: User, now: datetime) -> tuple[int, int]:
    """Take over all waiting answers that meet no other answer; return how many, and how many wait on.

    What would change an answer of the ministry, or what the form no longer takes, is left to be
    looked at one by one. The number of queries does not depend on that of the answers.
    """
    locked = lock_report(report)
    refuse_editing(locked, actor)
    rows = {row.pk: row for row in rows_of(locked, form_of(locked))}
    waiting = waiting_proposals(locked)
    found = {
        proposal.pk: rows[proposal.body_request.notification_id]
        for proposal in waiting
        if _is_plain(rows, proposal)
    }
    if not found:
        raise Refusal("まとめて採用できる回答案はありません。回答案を一つずつ開いて確かめてください。")
    taken = [proposal for proposal in waiting if proposal.pk in found]
    _decide([proposal.pk for proposal in taken], state=ProposalState.TAKEN, actor=actor, now=now)
    edits: dict[int, RowInput] = {
        found[proposal.pk].pk: (
            found[proposal.pk].version,
            row_with(found[proposal.pk], proposal),
        )
        for proposal in taken
    }
    _save(locked, edits, actor=actor, now=now)
    record_audit(
        action="団体の回答案をまとめて採用",
        now=now,
        actor=actor,
        obj=locked,
        ministry=locked.assignment.ministry,
        after={"団体": [found[proposal.pk].body_name for proposal in taken]},
    )
    return len(taken), len(waiting) - len(taken)


def waiting_proposals(report: Report) -> list[ProposedAnswer]:
    """Return the answers that wait for a decision."""
    found = ProposedAnswer.objects.filter(body_request__report=report).pending()
    return list(found.select_related("body_request").order_by("pk"))


def _is_plain(rows: dict[int, Row], proposal: ProposedAnswer) -> bool:
    """Say whether a proposal can be taken over unseen: everything readable, nothing changed."""
    row = rows.get(proposal.body_request.notification_id)
    if row is None:
        return False
    read = read_by_form(row.open_form(), proposal.answers)
    return bool(read.answers) and not read.errors and meets_nothing(row.answers, read.answers)


@transaction.atomic
def decline_proposal(
    *, proposal: ProposedAnswer, reason: str, tell_body: bool, actor: User, now: datetime
) -> None:
    """Decline a body's answers with a reason, by mail too if wished; the body may answer again."""
    report = lock_report(proposal.body_request.report)
    refuse_editing(report, actor)
    reason = reason.strip()
    if not reason:
        raise Refusal("採用しない理由を入力してください。", field="reason")
    _decide([proposal.pk], state=ProposalState.DECLINED, actor=actor, now=now, reason=reason)
    if tell_body:
        _tell(proposal, report, reason=reason, actor=actor, now=now)
    record_audit(
        action="団体の回答案を不採用",
        now=now,
        actor=actor,
        obj=proposal,
        ministry=report.assignment.ministry,
        before=labelled(ProposedAnswer, {"state": ProposalState.PENDING}),
        after=labelled(ProposedAnswer, {"state": ProposalState.DECLINED}),
        reason=reason,
    )


def _tell(proposal: ProposedAnswer, report: Report, *, reason: str, actor: User, now: datetime) -> None:
    body_request = proposal.body_request
    body_request.report = report
    mail = draft_to_body(
        "body_declined",
        body_request,
        title=letter_title(body_request, letter_titles(report)),
        occasion=str(proposal.number),
        why=f"{actor.name}さんが回答の確認を求めたため",
        now=now,
        reason=reason,
        has_link=body_request.is_live(instant_in_tokyo(now).date()),
    )
    [body_request.mail] = queue_mails([mail])
    body_request.save(update_fields=["mail"])
