"""Whom a mail to a ministry goes to: the only place that knows of absence, deputies and successors."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import cast

from outreach.models import Ministry, Role, User
from outreach.rules.stand_ins import Post, stand_in

ALL_ROLES = (Role.COORDINATOR, Role.CONTRIBUTOR)
"""Who may act for a ministry; a viewer neither gets its mail nor stands in for anybody."""

Recipient = tuple[str, User | None]
"""An address, with the officer whose it is; None for the ministry's shared mailbox."""


class Addressees:
    """The officers of some ministries, read once; whom to write to in place of each, on any day."""

    def __init__(self, ministries: Collection[Ministry]) -> None:
        self._mailboxes = {ministry.pk: ministry.mailbox for ministry in ministries}
        self._officers: dict[int, dict[int, User]] = {ministry: {} for ministry in self._mailboxes}
        officers = User.objects.officers().filter(ministry__in=self._mailboxes, role__in=ALL_ROLES)
        for officer in officers.order_by("pk"):
            self._officers[cast("int", officer.ministry_id)][officer.pk] = officer
        self._found: dict[tuple[int, frozenset[Role], date], list[Recipient]] = {}

    def of(self, ministry: Ministry, *, roles: Iterable[Role] = ALL_ROLES, on: date) -> list[Recipient]:
        """Return whom to write to at a ministry about what concerns these roles; everybody once.

        The officers who are there and those who stand in for the others; else the mailbox. Without one
        it is those who are away with no deputy, who find the mail when they return, else any other
        officer. Empty when there is nobody at all; the caller must let staff see that.
        """
        asked = (ministry.pk, frozenset(roles), on)
        if asked not in self._found:
            self._found[asked] = self._find(ministry, asked[1], on)
        return self._found[asked]

    def _find(self, ministry: Ministry, roles: Collection[Role], on: date) -> list[Recipient]:
        active = [officer for officer in self._officers[ministry.pk].values() if officer.is_active]
        meant = [officer for officer in active if officer.role in roles]
        acting = dict.fromkeys(self.acting_for(officer, on=on) for officer in meant)
        found: list[Recipient] = [(officer.email, officer) for officer in acting if officer]
        return found or self.mailbox(ministry) or [(officer.email, officer) for officer in meant or active]

    def acting_for(self, officer: User, *, on: date) -> User | None:
        """Return who acts for an officer of one of these ministries on a day; None when nobody does."""
        colleagues = self._officers[cast("int", officer.ministry_id)]
        posts = {
            pk: Post(
                is_active=colleague.is_active,
                is_away=colleague.is_away(on),
                deputy_id=colleague.deputy_id,
                successor_id=colleague.successor_id,
            )
            for pk, colleague in colleagues.items()
        }
        found = stand_in(officer.pk, posts)
        return colleagues[found] if found else None

    def mailbox(self, ministry: Ministry) -> list[Recipient]:
        """Return the shared mailbox, if there is one."""
        address = self._mailboxes[ministry.pk]
        return [(address, None)] if address else []


def recipients_by_ministry(
    ministries: Collection[Ministry], *, roles: Iterable[Role] = ALL_ROLES, on: date
) -> dict[int, list[Recipient]]:
    """Return whom to write to on a day, by ministry id; see Addressees.of."""
    wanted = tuple(roles)
    addressees = Addressees(ministries)
    return {ministry.pk: addressees.of(ministry, roles=wanted, on=on) for ministry in ministries}


def ministry_recipients(
    ministry: Ministry, *, roles: Iterable[Role] = ALL_ROLES, on: date
) -> list[Recipient]:
    """Return whom to write to at one ministry; see Addressees.of."""
    return recipients_by_ministry([ministry], roles=roles, on=on)[ministry.pk]


def unreached(ministries: Collection[Ministry]) -> list[Ministry]:
    """Return those of the ministries that no mail reaches on any day, in the order given."""
    able = User.objects.active().officers().filter(ministry__in=ministries, role__in=ALL_ROLES)
    manned = set(able.values_list("ministry_id", flat=True))
    return [ministry for ministry in ministries if ministry.pk not in manned and not ministry.mailbox]
