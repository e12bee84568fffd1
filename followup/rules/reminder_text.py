"""What a reminder says: a rule's words filled in, and below them why it came and what is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from followup.rules.due import Due
from outreach.rules.letter_text import fill, placeholders_in
from outreach.rules.wareki import format_wareki, instant_in_tokyo, short_day

PLACEHOLDERS = (
    "府省庁名",
    "期限",
    "期限短",
    "状況",
    "登録数",
    "入力済数",
    "URL",
    "問合せ先",
    "前回督促日",
    "送信時刻",
)
SUBJECT_LENGTH = 200


@dataclass(frozen=True)
class OpenReport:
    """What a reminder tells about one report that is owed."""

    ministry: str
    collection: str
    stage: str
    due: Due
    state: str
    body_count: int
    answered_count: int
    url: str
    contact: str
    last_asked_on: date


@dataclass(frozen=True)
class Wording:
    """The subject and text of a rule, with placeholders."""

    subject: str
    text: str


def unknown_placeholders(text: str) -> list[str]:
    """Return the names in a rule's text that no value belongs to."""
    return [name for name in placeholders_in(text) if name not in PLACEHOLDERS]


def compose(
    *, wording: Wording, reports: Sequence[OpenReport], addressee: str, sent_at: datetime
) -> tuple[str, str]:
    """Return subject and body of one mail about one or several reports of a ministry.

    The words are those of the first report's stage; the others stand in the list below them.
    """
    values = _values(reports[0], sent_at)
    others = f"ほか{len(reports) - 1}件" if len(reports) > 1 else ""
    subject = " ".join(f"{fill(wording.subject, values)}{others}".split())
    body = f"{fill(wording.text, values).rstrip()}\n\n{_why_and_what(reports, addressee)}"
    return subject[:SUBJECT_LENGTH], body


def reason(reports: Sequence[OpenReport]) -> str:
    """Return why a mail is sent, in one line for the outbox."""
    first = reports[0]
    others = f"。ほか{len(reports) - 1}件" if len(reports) > 1 else ""
    return f"{first.stage}（期限 {short_day(first.due.on)}）：報告が提出されていないため{others}"


def _values(report: OpenReport, sent_at: datetime) -> dict[str, str]:
    local = instant_in_tokyo(sent_at)
    return {
        "府省庁名": report.ministry,
        "期限": str(report.due),
        "期限短": short_day(report.due.on),
        "状況": report.state,
        "登録数": str(report.body_count),
        "入力済数": str(report.answered_count),
        "URL": report.url,
        "問合せ先": report.contact,
        "前回督促日": format_wareki(report.last_asked_on),
        "送信時刻": f"{local.hour}時{local.minute:02}分",
    }


def _why_and_what(reports: Sequence[OpenReport], addressee: str) -> str:
    lines = [
        "────────────────────",
        "このメールが届いた理由",
        f"　{reports[0].ministry}の{addressee}として登録されており、次の報告がまだ提出されていません。",
        "",
        "未提出の報告",
        *(line for report in reports for line in _list_entry(report)),
        "",
        "提出されると、督促は自動で止まります。このメールは送信専用です。",
    ]
    return "\n".join(lines) + "\n"


def _list_entry(report: OpenReport) -> tuple[str, ...]:
    return (
        f"・{report.collection}",
        f"　期限：{report.due}（{report.stage}のお知らせ）",
        f"　状態：{report.state}",
        f"　{report.url}",
    )
