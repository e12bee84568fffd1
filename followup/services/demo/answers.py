"""What the ministries of the demo answer to the standard form: made up, and the same every time."""

from __future__ import annotations

from datetime import date, timedelta

from followup.rules.questions import Answer
from outreach.models import Notification, TemplateNumber

STATUSES = ("done", "done", "planned", "done", "done", "undecided", "done", "not_done", "done", "no_answer")
CHANNELS = (
    ["mail"],
    ["mail", "website"],
    ["newsletter", "meeting"],
    ["mail", "poster", "other"],
    ["intranet"],
)
FIRST_DAY = date(2023, 7, 18)


def ministry_answers(*, has_bodies: bool) -> dict[str, Answer]:
    """Return a whole answer of a ministry; what the ledger knows is left to it."""
    style: dict[str, Answer] = {"issue_style": "memo"} if has_bodies else {}
    return style | {
        "insurance_methods": ["mail", "intranet"],
        "insurance_staff": 3200,
        "insurance_on": "2023-07-20",
        "account_methods": ["mail", "payslip", "other"],
        "account_methods__other": "新任職員研修での説明",
        "account_staff": 3200,
    }


def body_answers(notice: Notification, index: int) -> dict[str, Answer]:
    """Return a whole answer about the index-th body of a report."""
    status = STATUSES[index % len(STATUSES)]
    answers: dict[str, Answer] = {"reach_status": status, "onsite_count": index % 3}
    if notice.template.number == TemplateNumber.BUSINESS:
        answers["member_count"] = _members(index)
    if status == "done":
        answers |= _reached(notice, index)
    if status == "planned":
        answers["reach_planned_on"] = "2023-09-20"
    if status == "not_done":
        answers["not_reached_reason"] = "会員に個人がおらず、対象となる者がいないため。"
    return answers


def _members(index: int) -> int:
    return 40 + index * 37 % 900


def _reached(notice: Notification, index: int) -> dict[str, Answer]:
    channels = CHANNELS[index % len(CHANNELS)]
    answers: dict[str, Answer] = {
        "reached_on": (FIRST_DAY + timedelta(days=index % 28)).isoformat(),
        "reach_channels": list(channels),
        "forwarded": index % 4 == 0,
    }
    if "other" in channels:
        answers["reach_channels__other"] = "会員向けアプリのお知らせ"
    if notice.template.number == TemplateNumber.BUSINESS:
        answers["reached_member_count"] = _members(index) * (60 + index % 41) // 100
    else:
        answers["reached_staff_count"] = 150 + index * 53 % 4000
    if index % 12 == 0:
        answers["good_practice"] = "会議の休憩時間に申請の相談窓口を設け、その場で申請できるようにした。"
        answers["good_practice_public"] = True
    if index % 15 == 4:  # noqa: PLR2004 - any rest would do
        answers["obstacle"] = "小規模な会員への連絡手段が郵送に限られ、時間を要した。"
    return answers
