"""Whom a reminder goes to, and which ministries nobody can be reached at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from followup.models import Audience, ReminderRule, Report
from followup.rules.status import UNANSWERED, RoundStatus
from outreach.models import Ministry, Role, User
from outreach.services.mail import ALL_ROLES, recipients_by_ministry

ROLES: dict[str, tuple[Role, ...]] = {
    Audience.OFFICERS: ALL_ROLES,
    Audience.COORDINATORS: (Role.COORDINATOR,),
}
"""The roles that each audience of a rule means."""


@dataclass(frozen=True)
class Recipient:
    """An officer, or the ministry's shared mailbox (then `user` is None)."""

    address: str
    user: User | None
    cc: str = ""


class Recipients:
    """The addressees of any rule at some ministries; read in one query for each audience."""

    def __init__(self, ministries: Collection[Ministry]) -> None:
        self._by_audience = {
            audience: recipients_by_ministry(ministries, roles=roles) for audience, roles in ROLES.items()
        }

    def of(self, rule: ReminderRule, ministry: Ministry) -> list[Recipient]:
        """Return whom a rule means at a ministry, else its mailbox; empty when there is neither.

        An escalating rule adds the mailbox, and the superior in CC of the first mail: of one, as
        several coordinators must not mean several copies.
        """
        found = [Recipient(address, user) for address, user in self._by_audience[rule.audience][ministry.pk]]
        if not (found and rule.escalates):
            return found
        first = found[0]
        cc = "" if first.address == ministry.superior_email else ministry.superior_email
        escalated = [Recipient(first.address, first.user, cc), *found[1:]]
        known = {recipient.address.lower() for recipient in found}
        if ministry.mailbox and ministry.mailbox.lower() not in known:
            escalated.append(Recipient(ministry.mailbox, None))
        return escalated


def addressee(user: User | None) -> str:
    """Return what a mail calls the one it is sent to."""
    return str(Role(user.role).label) if user else "共有メールボックス"


def ministries_without_officer() -> QuerySet[Ministry]:
    """Return the ministries that owe a report and have nobody who could enter it, in 建制順.

    Their reminders go to the shared mailbox; without one, to nobody: staff must act.
    """
    owed = Report.objects.filter(
        status__in=UNANSWERED,
        round__status__in=(RoundStatus.FORM_UNDECIDED, RoundStatus.OPEN),
        assignment__ministry=OuterRef("pk"),
    )
    officers = User.objects.active().officers().filter(ministry=OuterRef("pk"), role__in=ALL_ROLES)
    return Ministry.objects.filter(Exists(owed), ~Exists(officers))
