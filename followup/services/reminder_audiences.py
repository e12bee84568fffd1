"""Whom a rule writes to: officers as services.reminder_recipients finds them, and all others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from followup.models import Audience, Obligation, ReminderRule
from followup.services.reminder_recipients import ROLES, Recipient, Recipients, addressee
from outreach.models import IssuingOffice, Ministry, User


class Audiences:
    """The addressees of any rule about what some ministries owe; few queries, however many ministries."""

    def __init__(self, ministries: Collection[Ministry], offices: Collection[IssuingOffice]) -> None:
        self._officers = Recipients(ministries)
        self._offices = {office.pk: office for office in offices}
        self._staff = list(User.objects.active().filter(is_staff=True).order_by("pk"))

    @classmethod
    def of_obligations(cls, obligations: QuerySet[Obligation]) -> Audiences:
        """Return the addressees about some obligations."""
        ministries = Ministry.objects.filter(pk__in=obligations.values("ministry"))
        return cls(ministries, IssuingOffice.objects.filter(pk__in=obligations.values("office")))

    def of(
        self, rule: ReminderRule, ministry: Ministry, office_id: int | None, *, on: date
    ) -> list[Recipient]:
        """Return whom a rule means; empty when there is nobody, which staff must see.

        A superior without an address is reached through the shared mailbox. Staff are their office,
        else, without an address of its own, everybody.
        """
        match rule.audience:
            case Audience.SUPERIOR:
                return _address(ministry.superior_email) or _address(ministry.mailbox)
            case Audience.MAILBOX:
                return _address(ministry.mailbox)
            case Audience.STAFF:
                office = self._offices.get(office_id or 0)
                own = _address(office.email) if office else []
                return own or [Recipient(user.email, user) for user in self._staff]
        return self._officers.of(rule, ministry, on=on)

    def are_meant(
        self, rule: ReminderRule, ministry: Ministry, office_id: int | None, *, address: str, on: date
    ) -> bool:
        """Say whether an address is one of those that a rule may write to on a day."""
        if rule.audience in ROLES:
            return self._officers.are_meant(rule, ministry, address=address, on=on)
        meant = self.of(rule, ministry, office_id, on=on)
        return address.lower() in {recipient.address.lower() for recipient in meant}


def called(rule: ReminderRule, *, ministry: Ministry, office: IssuingOffice | None, user: User | None) -> str:
    """Return as what a recipient gets a mail, to complete 「…として登録されており」."""
    match rule.audience:
        case Audience.STAFF:
            return f"{office.name if office else '発出元'}の職員"
        case Audience.SUPERIOR if user is None:
            return f"{ministry.name}の総括担当"
    return f"{ministry.name}の{addressee(user)}"


def _address(address: str) -> list[Recipient]:
    return [Recipient(address, None)] if address else []
