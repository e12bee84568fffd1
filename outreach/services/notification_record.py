"""What a notice's record holds (発出の記録), and when choosing or recording is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from outreach.models import Assignment, Body, Channel, Material, Notification
from outreach.rules.notice import record_problems
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.errors import Refusal

SHOWN_NAMES = 5


class InvalidRecord(Refusal):
    """The record lacks something or contradicts itself; `field` says where."""


class ForeignBody(Refusal):
    """A body, material or template does not belong to the ministry or the request."""


class AlreadyRecorded(Refusal):
    """A chosen body has its notice on record already (a second click, or a colleague)."""


class InactiveBody(Refusal):
    """A body that is no longer in use was chosen."""


class NoBodyDeclared(Refusal):
    """The ministry has answered that it has no body to notify."""


class BodiesChosen(Refusal):
    """Bodies are chosen or notified, so 該当なし would contradict them."""


class AnswersExist(Refusal):
    """A report holds answers about the notice, so it can no longer be withdrawn."""


@dataclass(frozen=True)
class NotificationRecord:
    """What an officer records about notices, the same for all bodies of one go."""

    issued_on: date
    channels: Sequence[Channel]
    channel_other: str = ""
    materials: Sequence[Material] = ()
    request_attached: bool = False
    wording_changed: bool = False
    note: str = ""

    def columns(self) -> dict[str, Any]:
        """Return what stands in the notification's own row."""
        return {
            "issued_on": self.issued_on,
            "channel_other": self.channel_other,
            "request_attached": self.request_attached,
            "wording_changed": self.wording_changed,
            "note": self.note,
        }

    def summary(self) -> dict[str, Any]:
        """Return it as the audit trail shows it."""
        return {
            "発出日": self.issued_on,
            "周知手段": [str(channel) for channel in self.channels],
            "その他の手段": self.channel_other,
            "提供した資料": [str(material) for material in self.materials],
            "依頼文書を添付": self.request_attached,
            "文言を変更": self.wording_changed,
            "備考": self.note,
        }


def refuse_recorded(recorded: Sequence[Notification]) -> None:
    if not recorded:
        return
    names = "、".join(f"「{row.body}」" for row in recorded[:SHOWN_NAMES])
    more = f"ほか{len(recorded) - SHOWN_NAMES}団体" if len(recorded) > SHOWN_NAMES else ""
    raise AlreadyRecorded(
        f"既に発出を記録した団体が含まれています：{names}{more}。何も記録していません。"
        "内容を直すときは、一覧の「修正」から一件ずつ直してください。"
    )


def refuse_unfit(assignment: Assignment, *, bodies: Sequence[Body], new: Sequence[Body]) -> None:
    if not bodies:
        raise InvalidRecord("団体を一つ以上選んでください。", field="bodies")
    if assignment.is_no_body:
        raise NoBodyDeclared(
            "「該当なし」を登録済みです。発出先を登録するときは、先に「該当なし」を取り消してください。"
        )
    if any(body.ministry_id != assignment.ministry_id for body in bodies):
        raise ForeignBody("選んだ団体が見つかりません。一覧から選び直してください。")
    if inactive := [body.name for body in new if not body.is_active]:
        raise InactiveBody(f"使用を停止した団体が含まれています：{'、'.join(inactive[:SHOWN_NAMES])}")


def refuse_invalid(assignment: Assignment, record: NotificationRecord, *, now: datetime) -> None:
    problems = record_problems(
        issued_on=record.issued_on,
        today=instant_in_tokyo(now).date(),
        requested_on=assignment.request.dated_on,
        has_channel=bool(record.channels),
        has_other_channel=any(channel.is_other for channel in record.channels),
        channel_other=record.channel_other,
    )
    if problems:
        field = next(iter(problems))
        raise InvalidRecord(problems.pop(field), field=field, more=problems)
    if any(material.request_id != assignment.request_id for material in record.materials):
        raise ForeignBody("選んだ資料が見つかりません。選び直してください。")


def record_of(notification: Notification) -> NotificationRecord:
    """Return what stands on record about an issued notice."""
    if notification.issued_on is None:
        raise ValueError("A planned notice has no record.")
    return NotificationRecord(
        issued_on=notification.issued_on,
        channels=list(notification.channels.all()),
        channel_other=notification.channel_other,
        materials=list(notification.materials.all()),
        request_attached=notification.request_attached,
        wording_changed=notification.wording_changed,
        note=notification.note,
    )


def summary_of(notification: Notification) -> dict[str, Any]:
    """Return a notice as the audit trail shows it."""
    template = {"ひな形": str(notification.template)}
    return {**template, **record_of(notification).summary()} if notification.is_issued else template
