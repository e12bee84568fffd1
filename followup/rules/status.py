"""The status tables of reports and rounds: from, verb, to, who. Everything else asks them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices


class ReportStatus(TextChoices):
    DRAFT = "draft", "作成中"
    IN_REVIEW = "in_review", "部内確認中"
    SUBMITTED = "submitted", "提出済"
    RETURNED = "returned", "差戻し"
    ACCEPTED = "accepted", "受理"


class RoundStatus(TextChoices):
    FORM_UNDECIDED = "form_undecided", "様式未定"
    OPEN = "open", "受付中"
    CLOSED = "closed", "締切"
    FIXED = "fixed", "確定"


class Party(StrEnum):
    """Who may carry out a step."""

    CONTRIBUTOR = "担当者"
    COORDINATOR = "取りまとめ担当"
    STAFF = "職員"


@dataclass(frozen=True)
class Step:
    """One row of a status table; one that leads to where it starts only records something."""

    verb: str
    label: str
    sources: tuple[str, ...]
    target: str
    parties: frozenset[Party]
    needs_reason: bool = False
    rounds: tuple[str, ...] = (RoundStatus.OPEN,)
    """For a step of a report: the statuses of its round in which it may be taken."""


OFFICERS = frozenset({Party.CONTRIBUTOR, Party.COORDINATOR})
COORDINATORS = frozenset({Party.COORDINATOR})
STAFF = frozenset({Party.STAFF})

R = ReportStatus
REPORT_STEPS: tuple[Step, ...] = (
    Step("ask_review", "部内確認を依頼する", (R.DRAFT, R.RETURNED), R.IN_REVIEW, OFFICERS),
    Step("approve", "部内確認を承認する", (R.IN_REVIEW,), R.IN_REVIEW, COORDINATORS),
    Step("send_back", "担当者へ戻す", (R.IN_REVIEW,), R.DRAFT, COORDINATORS, needs_reason=True),
    Step("submit", "提出する", (R.DRAFT, R.IN_REVIEW, R.RETURNED), R.SUBMITTED, COORDINATORS),
    Step("revise", "提出後の修正を始める", (R.SUBMITTED,), R.DRAFT, COORDINATORS),
    Step("return", "差し戻す", (R.SUBMITTED,), R.RETURNED, STAFF, needs_reason=True),
    Step(
        "accept", "受理する", (R.SUBMITTED,), R.ACCEPTED, STAFF, rounds=(RoundStatus.OPEN, RoundStatus.CLOSED)
    ),
    Step("reopen", "受理を取り消して差し戻す", (R.ACCEPTED,), R.RETURNED, STAFF, needs_reason=True),
    Step("supplement", "追加の設問への回答を求める", (R.SUBMITTED, R.ACCEPTED), R.DRAFT, STAFF),
)

ROUND_STEPS: tuple[Step, ...] = (
    Step("open", "様式を公開して受付を始める", (RoundStatus.FORM_UNDECIDED,), RoundStatus.OPEN, STAFF),
    Step("close", "締め切る", (RoundStatus.OPEN,), RoundStatus.CLOSED, STAFF),
    Step("resume", "受付を再開する", (RoundStatus.CLOSED,), RoundStatus.OPEN, STAFF, needs_reason=True),
    Step("fix", "確定する", (RoundStatus.CLOSED,), RoundStatus.FIXED, STAFF),
)

EDITABLE = (R.DRAFT, R.IN_REVIEW, R.RETURNED)
"""Statuses in which a ministry may change answers."""
UNANSWERED = EDITABLE
"""Statuses in which the ministry still owes a submission."""


class StepRefused(ValueError):
    """The table has no such step from here for this party; the message tells the user why."""


def find_step(steps: tuple[Step, ...], *, verb: str, status: str, party: Party) -> Step:
    """Return the step; raise StepRefused when the status or the party does not allow it."""
    step = next(step for step in steps if step.verb == verb)
    if party not in step.parties:
        who = "・".join(sorted(step.parties))
        raise StepRefused(f"「{step.label}」ことができるのは{who}です。")
    if status not in step.sources:
        raise StepRefused(
            f"現在の状態では「{step.label}」ことができません。画面を再読み込みして、状態を確かめてください。"
        )
    return step


def allowed_steps(steps: tuple[Step, ...], *, status: str, party: Party) -> list[Step]:
    """Return the steps that a party may take from a status, in the order of the table."""
    return [step for step in steps if status in step.sources and party in step.parties]


def status_table_markdown() -> str:
    """Return both tables as Markdown, for the README; a test compares the two."""
    return "\n\n".join(
        f"{title}\n\n| 現在の状態 | 操作 | 次の状態 | できる人 |\n|---|---|---|---|\n"
        + "\n".join(_markdown_row(step, statuses) for step in steps)
        for title, steps, statuses in (
            ("報告（`Report`）", REPORT_STEPS, ReportStatus),
            ("フォローアップ（`Round`）", ROUND_STEPS, RoundStatus),
        )
    )


def _markdown_row(step: Step, statuses: type[TextChoices]) -> str:
    sources = "・".join(str(statuses(source).label) for source in step.sources)
    reason = "（理由が必要）" if step.needs_reason else ""
    who = "・".join(party for party in Party if party in step.parties)
    return f"| {sources} | {step.label}{reason} | {statuses(step.target).label} | {who} |"
