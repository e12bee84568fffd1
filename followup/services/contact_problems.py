"""連絡先の問題: ministries that owe a report and that mail reaches badly or not at all, for staff to mend."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet, TextChoices

from followup.models import Report
from followup.rules.status import UNANSWERED, RoundStatus
from outreach.models import Handover, Ministry, Role, User
from outreach.services.addressees import ALL_ROLES, Addressees


class Trouble(TextChoices):
    NOBODY = "nobody", "担当者がいません"
    ALL_AWAY = "all_away", "全員が不在で、代理がいません"
    NO_COORDINATOR = "no_coordinator", "報告を提出できる取りまとめ担当がいません"
    NO_SUCCESSOR = "no_successor", "異動・退職した方の後任が登録されていません"
    NOT_ACCEPTED = "not_accepted", "後任の方が、招待を受諾していません"
    NO_MAILBOX = "no_mailbox", "共有メールボックスが登録されていません"


ADVICE = {
    Trouble.NOBODY: "担当者を招待してください。",
    Trouble.ALL_AWAY: "代理を置くよう、電話等で依頼してください。",
    Trouble.NO_COORDINATOR: "取りまとめ担当を招待するか、担当者の役割を変更してください。",
    Trouble.NO_SUCCESSOR: "利用者の画面の「引継ぎ」で、後任を登録してください。",
    Trouble.NOT_ACCEPTED: "招待の期限を確かめ、必要なら招待し直してください。",
    Trouble.NO_MAILBOX: "府省庁に確かめ、共有メールボックスを登録してください。",
}


@dataclass(frozen=True)
class ContactProblem:
    """One trouble of a ministry: whom it is about, if anybody, and where mail goes meanwhile."""

    ministry: Ministry
    trouble: Trouble
    officer: User | None
    who: str
    goes_to: str

    @property
    def advice(self) -> str:
        return ADVICE[self.trouble]

    @property
    def is_unreachable(self) -> bool:
        """Say whether no mail at all arrives."""
        return not self.goes_to


def contact_problems(*, today: date) -> list[ContactProblem]:
    """Return what stands in the way of reaching those who owe a report, in 建制順; four queries."""
    ministries = list(_owing().order_by("order"))
    addressees = Addressees(ministries)
    officers: dict[int | None, list[User]] = defaultdict(list)
    for officer in User.objects.officers().filter(ministry__in=ministries, role__in=ALL_ROLES).order_by("pk"):
        officers[officer.ministry_id].append(officer)
    awaited: dict[int, list[Handover]] = defaultdict(list)
    waiting = Handover.objects.waiting_for_acceptance().filter(takes_effect_on__lte=today)
    for handover in waiting.select_related("predecessor").order_by("pk"):
        awaited[handover.ministry_id].append(handover)
    return [
        problem
        for ministry in ministries
        for problem in _of(ministry, officers[ministry.pk], awaited[ministry.pk], addressees, today)
    ]


def _owing() -> QuerySet[Ministry]:
    owed = Report.objects.filter(
        status__in=UNANSWERED,
        round__status__in=(RoundStatus.FORM_UNDECIDED, RoundStatus.OPEN),
        assignment__ministry=OuterRef("pk"),
    )
    return Ministry.objects.filter(Exists(owed))


def _of(
    ministry: Ministry,
    officers: list[User],
    awaited: list[Handover],
    addressees: Addressees,
    today: date,
) -> list[ContactProblem]:
    goes_to = "、".join(address for address, _user in addressees.of(ministry, on=today))

    def problem(trouble: Trouble, officer: User | None = None, who: str = "") -> ContactProblem:
        return ContactProblem(ministry, trouble, officer, who or (officer.name if officer else ""), goes_to)

    found = [problem(trouble) for trouble in _shortages(ministry, officers, addressees, today)]
    found += [problem(Trouble.NOT_ACCEPTED, row.predecessor, row.successor_name) for row in awaited]
    expected = {row.predecessor_id for row in awaited}
    found += [
        problem(Trouble.NO_SUCCESSOR, officer)
        for officer in officers
        if not officer.is_active and officer.successor_id is None and officer.pk not in expected
    ]
    return found


def _shortages(
    ministry: Ministry, officers: list[User], addressees: Addressees, today: date
) -> list[Trouble]:
    """Return what the ministry as a whole lacks."""
    active = [officer for officer in officers if officer.is_active]
    lacks = []
    if not active:
        lacks.append(Trouble.NOBODY)
    elif not any(addressees.acting_for(officer, on=today) for officer in active):
        lacks.append(Trouble.ALL_AWAY)
    if active and not any(officer.role == Role.COORDINATOR for officer in active):
        lacks.append(Trouble.NO_COORDINATOR)
    if not ministry.mailbox:
        lacks.append(Trouble.NO_MAILBOX)
    return lacks
