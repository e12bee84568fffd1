"""What a rule's mail will look like, with made-up values in the place of its placeholders."""

from __future__ import annotations

from datetime import datetime

from followup.models import Audience, ReminderRule, Round
from followup.rules.due import Due
from followup.rules.reminder_text import Letter, OpenItem, Wording, compose
from followup.services.opening_days import opening_days
from followup.services.reminder_facts import contact
from outreach.rules.wareki import instant_in_tokyo

ADDRESSEES = {
    Audience.OFFICERS: "見本省の担当者",
    Audience.CONTRIBUTORS: "見本省の担当者",
    Audience.COORDINATORS: "見本省の取りまとめ担当",
    Audience.SUPERIOR: "見本省の総括担当",
    Audience.MAILBOX: "見本省の共有メールボックス",
    Audience.STAFF: "発出元の職員",
}
EXAMPLE = "マイナンバーカードの積極的な周知の御協力のお願いについて（依頼）"


def preview_rule(*, rule: ReminderRule, now: datetime) -> tuple[str, str]:
    """Return subject and body as they would be on the day that the stage is reached."""
    day = instant_in_tokyo(now).date()
    anchor = opening_days().add(day, -rule.offset_days)
    item = OpenItem(
        kind=rule.kind,
        stage=rule.offset_days,
        ministry="見本省",
        title=EXAMPLE,
        due=Due(anchor),
        state="作成中",
        url="https://…/portal/…",
        contact=contact(Round.objects.order_by("-pk").first()),
        last_asked_on=day,
        body_count=12,
        answered_count=7,
    )
    audience = Audience(rule.audience)
    hand_over = "" if audience == Audience.STAFF else "https://…/portal/members/"
    letter = Letter([item], 1, ADDRESSEES[audience], hand_over)
    return compose(wording=Wording(rule.subject, rule.text), letter=letter, sent_at=now)
