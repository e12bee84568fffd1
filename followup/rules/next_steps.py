"""What a ministry should do next on one request: the one button of its home page."""

from __future__ import annotations

from dataclasses import dataclass

from followup.rules.status import Party, ReportStatus, RoundStatus


@dataclass(frozen=True)
class Standing:
    """Where a ministry stands on one request."""

    chosen: int
    issued: int
    is_no_body: bool
    round_status: str | None
    report_status: str | None
    has_questions: bool = False
    """Staff ask something about the version submitted, and wait for the ministry's word."""


@dataclass(frozen=True)
class NextStep:
    """What to do, and the name of the page to do it on; without a page there is nothing to do."""

    label: str
    page: str = ""


CHOOSE = NextStep("発出する団体を選ぶ", "portal:notification_list")
RECORD = NextStep("発出を記録する", "portal:notification_list")
WAIT_FOR_FORM = NextStep("様式の公開をお待ちください")
CLOSED = NextStep("受付は終了しました")
ANSWER = NextStep("報告に回答する", "portal:report_detail")
CONFIRM = NextStep("部内確認をする", "portal:report_submit")
WAIT_FOR_CONFIRMATION = NextStep("取りまとめ担当の部内確認をお待ちください")
MEND = NextStep("指摘を確認して再提出する", "portal:report_detail")
REPLY = NextStep("確認のお願いにコメントする", "portal:report_points")
WAIT_FOR_ACCEPTANCE = NextStep("提出済みです。受理をお待ちください")
DONE = NextStep("受理されました。対応は完了です")


def next_step(standing: Standing, party: Party | None) -> NextStep:
    """Return the next step: first the notices, then the report, by its status and the role."""
    if not standing.issued and not standing.is_no_body:
        return RECORD if standing.chosen else CHOOSE
    if standing.has_questions and standing.report_status == ReportStatus.SUBMITTED:
        return REPLY
    if standing.report_status in BEYOND_DRAFT:
        return BEYOND_DRAFT[standing.report_status]
    if standing.round_status in {RoundStatus.CLOSED, RoundStatus.FIXED}:
        return CLOSED
    if standing.chosen > standing.issued:
        return RECORD
    return _report_step(standing, party)


BEYOND_DRAFT: dict[str | None, NextStep] = {
    ReportStatus.SUBMITTED: WAIT_FOR_ACCEPTANCE,
    ReportStatus.ACCEPTED: DONE,
}


def _report_step(standing: Standing, party: Party | None) -> NextStep:
    if standing.round_status != RoundStatus.OPEN:
        return WAIT_FOR_FORM
    if standing.report_status == ReportStatus.RETURNED:
        return MEND
    if standing.report_status == ReportStatus.IN_REVIEW:
        return CONFIRM if party == Party.COORDINATOR else WAIT_FOR_CONFIRMATION
    return ANSWER
