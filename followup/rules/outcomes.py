"""What the bodies and ministries report to have done (取組の結果), as a whole and by ministry.

They follow from the questions of the standard form by their permanent keys: a form that does not ask
gives None (設問なし), never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from followup.rules.answer_figures import MemberReach
from followup.rules.percentages import percentage

REACH_STATUS, SPREAD = "reach_status", "done"
FORWARDED = "forwarded"
REACHED_STAFF = "reached_staff_count"
ONSITE = "onsite_count"
INSURANCE_METHODS, INSURANCE_STAFF = "insurance_methods", "insurance_staff"
ACCOUNT_METHODS, ACCOUNT_STAFF = "account_methods", "account_staff"
NOT_PROMOTED = "none"
PRACTICE, PRACTICE_PUBLIC = "good_practice", "good_practice_public"
OBSTACLE, OBSTACLE_PUBLIC = "obstacle", "obstacle_public"

RemarkKind = Literal["practice", "obstacle"]
REMARKS_KEPT = 300
"""How many remarks of a kind the figures carry; the data workbook has all of them."""


@dataclass(frozen=True)
class Summed:
    """A sum of answered numbers with how many answered it; over nobody it is blank, not zero."""

    answered: int = 0
    total: Decimal = Decimal(0)

    @property
    def shown(self) -> Decimal | None:
        return self.total if self.answered else None

    def __add__(self, other: Summed) -> Summed:
        return Summed(self.answered + other.answered, self.total + other.total)


@dataclass(frozen=True, kw_only=True)
class OutcomeCounts:
    """What was done; None where the form does not ask (設問なし). Bodies are 延べ.

    Keyed like the definitions of the figures. `spread_answered` is the denominator of `spread_rate`.
    `to_check` counts rulings whose value has changed since (要再確認).
    """

    answered_bodies: int = 0
    spread_answered: int | None = None
    spread: int | None = None
    forwarded: int | None = None
    member_reach: MemberReach | None = None
    reached_staff: Summed | None = None
    insurance_ministries: int | None = None
    insurance_staff: Summed | None = None
    account_ministries: int | None = None
    account_staff: Summed | None = None
    onsite_bodies: int | None = None
    onsite_times: Summed | None = None
    practices: int | None = None
    public_practices: int | None = None
    obstacles: int | None = None
    public_obstacles: int | None = None
    excluded: int = 0
    corrected: int = 0
    to_check: int = 0

    @property
    def spread_rate(self) -> float | None:
        return percentage(self.spread or 0, self.spread_answered or 0)


@dataclass(frozen=True, kw_only=True)
class MinistryName:
    ministry_id: int
    ministry: str


@dataclass(frozen=True, kw_only=True)
class MinistryOutcomes(OutcomeCounts, MinistryName):
    """One ministry's own outcomes, by the version of the form that it answered; blank without one."""

    has_submitted: bool


@dataclass(frozen=True, kw_only=True)
class Outcomes(OutcomeCounts):
    """The whole, and each ministry of the round in 建制順."""

    by_ministry: tuple[MinistryOutcomes, ...]
    practices_left_out: int = 0
    obstacles_left_out: int = 0

    @property
    def remarks_left_out(self) -> int:
        """Return how many remarks the figures do not carry; the data workbook has all of them."""
        return self.practices_left_out + self.obstacles_left_out


@dataclass(frozen=True)
class Remark:
    """A good practice (好事例) or obstacle (支障) in the words of who wrote it.

    `body` is empty where the ministry itself wrote it. Without `is_public` it is for the offices only.
    """

    ministry_id: int
    ministry: str
    body: str
    kind: RemarkKind
    text: str
    is_public: bool
