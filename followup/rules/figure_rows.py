"""Which rows stand behind a number (内訳): what is asked for, as plain values.

The rows are read in services.figure_rows, which keeps exactly those that the number counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RowKind(StrEnum):
    """What one row of a list is."""

    MINISTRIES = "ministries"
    VERSIONS = "versions"
    NOTIFICATIONS = "notifications"
    BODIES = "bodies"
    BODY_ANSWERS = "body-answers"
    MINISTRY_ANSWERS = "ministry-answers"
    RULINGS = "rulings"

    @property
    def label(self) -> str:
        return {
            "ministries": "府省庁",
            "versions": "提出された版",
            "notifications": "発出（延べ）",
            "bodies": "団体等（実数）",
            "body-answers": "団体等の回答",
            "ministry-answers": "府省庁の回答",
            "rulings": "集計上の取扱い",
        }[self.value]

    @property
    def unit(self) -> str:
        return {"ministries": "府省庁", "versions": "版", "ministry-answers": "府省庁"}.get(
            self.value, "団体"
        )


class MinistryState(StrEnum):
    """Where a ministry stands, for the lists of ministries."""

    SUBMITTED = "submitted"
    NON_RESPONDERS = "non_responders"
    ACCEPTED = "accepted"
    OVERDUE = "overdue"
    LATE = "late"
    NO_BODY = "no_body"
    INSURANCE = "insurance"
    ACCOUNT = "account"

    @property
    def label(self) -> str:
        return {
            "submitted": "提出あり",
            "non_responders": "未提出",
            "accepted": "受理",
            "overdue": "期限超過",
            "late": "期限後に提出",
            "no_body": "該当なし",
            "insurance": "健康保険証利用申込の促進を実施",
            "account": "公金受取口座登録の促進を実施",
        }[self.value]


class Narrowing(StrEnum):
    """What narrows the answers to a question further than its key and choice."""

    POSITIVE = "positive"
    PUBLIC = "public"
    REACH = "reach"
    ANY = "any"

    @property
    def label(self) -> str:
        return {
            "positive": "1以上と回答",
            "public": "公表可と回答",
            "reach": "会員事業者数と周知した会員数の両方に回答",
            "any": "一つ以上の設問に回答",
        }[self.value]


@dataclass(frozen=True)
class Selection:
    """Rows of a kind that meet all conditions: pairs of a name and its value as text, sorted."""

    kind: RowKind
    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        return dict(self.conditions)


def rows(kind: RowKind, **conditions: object) -> Selection:
    """Return a selection; conditions that are None or empty narrow nothing."""
    given = {name: str(value) for name, value in conditions.items() if value not in (None, "")}
    return Selection(kind, tuple(sorted(given.items())))
