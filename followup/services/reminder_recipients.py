"""Whom a reminder goes to, and which ministries nobody can be reached at."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from followup.models import Audience, Reminder, ReminderRule, Report
from followup.rules.status import UNANSWERED, RoundStatus
from outreach.models import Ministry, OutgoingMail, Role, User
from outreach.services.addressees import ALL_ROLES, Addressees

ROLES: dict[str, tuple[Role, ...]] = {
    Audience.OFFICERS: ALL_ROLES,
    Audience.CONTRIBUTORS: (Role.CONTRIBUTOR,),
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
    """The addressees of any rule at some ministries on any day; read in one query."""

    def __init__(self, ministries: Collection[Ministry]) -> None:
        self._addressees = Addressees(ministries)

    def of(self, rule: ReminderRule, ministry: Ministry, *, on: date) -> list[Recipient]:
        """Return whom a rule means at a ministry on a day, or whoever acts for them, else its mailbox.

        Empty when there is nobody. An escalating rule adds the mailbox, and the superior in CC of the
        first mail: of one, as several coordinators must not mean several copies.
        """
        acting = self._addressees.of(ministry, roles=ROLES[rule.audience], on=on)
        found = [Recipient(address, user) for address, user in acting]
        if not (found and rule.escalates):
            return found
        first = found[0]
        cc = "" if first.address == ministry.superior_email else ministry.superior_email
        escalated = [Recipient(first.address, first.user, cc), *found[1:]]
        known = {recipient.address.lower() for recipient in found}
        if ministry.mailbox and ministry.mailbox.lower() not in known:
            escalated.append(Recipient(ministry.mailbox, None))
        return escalated

    def are_meant(self, rule: ReminderRule, ministry: Ministry, *, address: str, on: date) -> bool:
        """Say whether an address is one that a rule may write to at a ministry on a day.

        Its mailbox always is: it takes what was meant for who has left and has no successor.
        """
        meant = {recipient.address.lower() for recipient in self.of(rule, ministry, on=on)}
        return address.lower() in meant | {ministry.mailbox.lower()} - {""}


def follow_mail(mail: OutgoingMail, reminders: Iterable[Reminder]) -> set[Reminder]:
    """Write into the ledger to whom a mail goes in the place of who was planned.

    Returns the reminders which that recipient has from another mail: the ledger refuses a second one.
    """
    doubled = set()
    for reminder in reminders:
        if reminder.recipient == mail.to:
            continue
        reminder.recipient, reminder.user = mail.to, mail.recipient
        try:
            with transaction.atomic():
                reminder.save(update_fields=["recipient", "user"])
        except IntegrityError:
            doubled.add(reminder)
    return doubled


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
