"""What may be reminded of: the kinds of obligations, who owes them, and the words that each is told in.

How the open ones are found is services.obligation_queries: one query a kind. A kind that is added there
needs nothing else than its words here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEAST_OFFSET, GREATEST_OFFSET = -60, 60
"""How far from its day an obligation may be reminded of, in 開庁日."""
NOT_REACHED = -100
"""Stands for the stage of an obligation that no rule has reached yet."""


class Owner(StrEnum):
    """Who has to do it."""

    MINISTRY = "ministry"
    STAFF = "staff"


@dataclass(frozen=True)
class Kind:
    """One kind of obligation in words.

    `day` names the day that stages count from; `open` completes 「…ため」 and 「…。」; `heading` stands
    above a list of them; `end` completes 「…と、督促は自動で止まります。」; `gone` says why a mail about it
    was not sent any more.
    """

    key: str
    label: str
    owner: Owner
    day: str
    open: str
    heading: str
    end: str
    gone: str
    has_counts: bool = False
    """Whether the bodies of a report, and how many have answers, belong to it."""

    def stage(self, offset: int) -> str:
        """Return when a stage is, as 「期限の5開庁日前」."""
        if offset == 0:
            return f"{self.day}当日"
        side = "前" if offset < 0 else "後"
        return f"{self.day}の{abs(offset)}開庁日{side}"


ACKNOWLEDGE = "acknowledge"
NOTIFY = "notify"
FACT_LIMIT = "fact_limit"
REPORT_DUE = "report_due"
RESUBMIT = "resubmit"
APPROVE = "approve"
MAIL_FAILING = "mail_failing"
REVIEW = "review"
EXTENSION = "extension"

_M, _S = Owner.MINISTRY, Owner.STAFF
KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind(
            ACKNOWLEDGE, "依頼の内容の確認", _M, "依頼の発出", "依頼の内容が確認されていない",
            "確認をお待ちしている依頼", "確認される", "依頼の内容は確認されました。",
        ),
        Kind(
            NOTIFY, "団体への要請文の発出", _M, "依頼の発出", "要請文の発出が記録されていない",
            "発出の記録をお待ちしている依頼", "発出が記録される", "発出は記録されました。",
        ),
        Kind(
            FACT_LIMIT, "期限の迫る周知事項", _M, "申込み等の期限",
            "期限の迫る周知事項があり、発出していない団体がある",
            "期限の迫る周知事項", "全ての団体への発出が記録される", "発出していない団体はなくなりました。",
        ),
        Kind(
            REPORT_DUE, "報告の提出", _M, "期限", "報告が提出されていない",
            "未提出の報告", "提出される", "報告は提出されたか、フォローアップの受付が終わりました。",
            has_counts=True,
        ),
        Kind(
            RESUBMIT, "差し戻された報告の再提出", _M, "差戻し", "差し戻した報告が再提出されていない",
            "差し戻した報告", "再提出される", "報告は再提出されたか、フォローアップの受付が終わりました。",
            has_counts=True,
        ),
        Kind(
            APPROVE, "部内確認", _M, "部内確認の依頼", "報告が部内確認中のままである",
            "部内確認中の報告", "部内確認を終えて提出される", "部内確認は終わりました。",
            has_counts=True,
        ),
        Kind(
            MAIL_FAILING, "届かないメールの宛先の確認", _S, "送信の失敗",
            "府省庁宛てのメールを送信できていない", "送信できていないメール",
            "宛先を確かめて送信するか取りやめる", "メールは送信又は取りやめになりました。",
        ),
        Kind(
            REVIEW, "提出された報告の確認", _S, "提出", "提出された報告が確認されていない",
            "確認を待つ報告", "受理又は差戻しをする", "報告は受理又は差し戻されました。",
            has_counts=True,
        ),
        Kind(
            EXTENSION, "期限の延長の申出への回答", _S, "申出", "期限の延長の申出に回答していない",
            "回答を待つ延長の申出", "承認又は不承認の回答をする", "申出には回答しました。",
        ),
    )
}  # fmt: skip


def kind_choices() -> list[tuple[str, str]]:
    return [(kind.key, kind.label) for kind in KINDS.values()]
