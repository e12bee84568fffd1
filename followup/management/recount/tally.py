"""Add raw rows up to figures, each under an address that people can read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Address = tuple[str, ...]
"""Where a figure stands, from the table to the column: 府省庁別, 厚生労働省, 延べ発出団体数."""

Numbers = dict[Address, Decimal]

TOTAL = "合計"
REMARKS = (("practices", "good_practice"), ("obstacles", "obstacle"))
SUMS = {
    "reached_staff_count": "reached_staff",
    "insurance_staff": "insurance_staff",
    "account_staff": "account_staff",
    "onsite_count": "onsite_times",
}
PROMOTIONS = {"insurance_methods": "insurance_ministries", "account_methods": "account_ministries"}


@dataclass(frozen=True)
class Notice:
    """One body on one ministry's list (発出); `day` is None while it is planned."""

    ministry: str
    identity: str
    category: str
    template: int
    day: str | None


@dataclass
class Answered:
    """What one row of a submission gives to one question, as the figures count it."""

    kind: str
    number: Decimal | None = None
    codes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class MinistryRow:
    """What a ministry did, besides its answers."""

    ministry: str
    status: str
    versions: int
    is_late: bool
    is_overdue: bool
    is_no_body: bool


class Tally:
    """Figures so far; one call a row."""

    def __init__(self) -> None:
        self._counts: Counter[Address] = Counter()
        self._sums: defaultdict[Address, Decimal] = defaultdict(Decimal)
        self._distinct: defaultdict[Address, set[str]] = defaultdict(set)
        self._promoting: defaultdict[str, set[str]] = defaultdict(set)

    def add_ministry(self, row: MinistryRow) -> None:
        facts = {
            "対象府省庁数": 1,
            "提出府省庁数": row.versions > 0,
            "受理府省庁数": row.status == "accepted",
            "期限後提出府省庁数": row.is_late,
            "期限超過府省庁数": row.is_overdue,
            "該当なし府省庁数": row.is_no_body,
            "提出版数": row.versions,
        }
        for name, value in facts.items():
            self._counts["府省庁", name] += int(value)
        self._counts["府省庁別", row.ministry, "提出版数"] += row.versions
        self._counts["報告の状態", row.status, "府省庁数"] += 1

    def add_notice(self, row: Notice) -> None:
        group = f"ひな形{row.template}", row.category
        self._count(("延べ対象団体数",), row, group)
        self._distinct["発出", "実対象団体数"].add(row.identity)
        if row.day is None:
            return
        self._count(("延べ発出団体数",), row, group)
        self._distinct["発出", "実発出団体数"].add(row.identity)
        self._distinct["区分別", *group, "実発出団体数"].add(row.identity)
        self._counts["府省庁別", row.ministry, f"ひな形{row.template}延べ発出団体数"] += 1
        self._counts["日別", row.day, "延べ発出団体数"] += 1

    def _count(self, name: Address, row: Notice, group: Address) -> None:
        self._counts["発出", *name] += 1
        self._counts["府省庁別", row.ministry, *name] += 1
        self._counts["区分別", *group, *name] += 1

    def add_channel(self, code: str) -> None:
        self._counts["周知手段別", code, "延べ発出団体数"] += 1

    def add_answers(self, ministry: str, answers: Mapping[str, Answered], *, is_body: bool) -> None:
        """Add one row of a latest submission; what was excluded is not among the answers."""
        if is_body and answers:
            self._outcome(ministry, "answered_bodies")
            self._add_reach(ministry, answers)
        for key, answer in answers.items():
            if answer.kind != "other":  # the text that goes with その他 is no question of its own
                self._add_question(key, answer)
            self._add_outcome(ministry, key, answer)
        for name, key in REMARKS:
            if key in answers:
                self._outcome(ministry, name)
                if "yes" in answers.get(f"{key}_public", Answered("boolean")).codes:
                    self._outcome(ministry, f"public_{name}")

    def _add_question(self, key: str, answer: Answered) -> None:
        self._counts["設問別", key, answer.kind, "回答数"] += 1
        for code in answer.codes:
            self._counts["設問別", key, answer.kind, f"選択肢 {code}"] += 1
        if answer.kind == "number" and answer.number is not None:
            self._sums["設問別", key, answer.kind, "合計"] += answer.number

    def _add_reach(self, ministry: str, answers: Mapping[str, Answered]) -> None:
        both = [answers.get(key) for key in ("member_count", "reached_member_count")]
        members, reached = [answer.number if answer else None for answer in both]
        if members is not None and reached is not None:
            self._outcome(ministry, "member_reach.bodies")
            self._outcome(ministry, "member_reach.members", members)
            self._outcome(ministry, "member_reach.reached", reached)

    def _add_outcome(self, ministry: str, key: str, answer: Answered) -> None:
        if key == "reach_status":
            self._outcome(ministry, "spread_answered")
            self._outcome(ministry, "spread", int("done" in answer.codes))
        elif key == "forwarded":
            self._outcome(ministry, "forwarded", int("yes" in answer.codes))
        elif key in SUMS and answer.number is not None:
            self._outcome(ministry, f"{SUMS[key]}.answered")
            self._outcome(ministry, f"{SUMS[key]}.total", answer.number)
            if key == "onsite_count" and answer.number > 0:
                self._outcome(ministry, "onsite_bodies")
        elif key in PROMOTIONS and set(answer.codes) - {"none"}:
            self._promoting[PROMOTIONS[key]].add(ministry)

    def add_ruling(self, ministry: str, handling: str) -> None:
        self._outcome(ministry, handling)

    def _outcome(self, ministry: str, name: str, number: Decimal | int = 1) -> None:
        self._sums["取組", TOTAL, name] += number
        self._sums["取組", ministry, name] += number

    def numbers(self) -> Numbers:
        """Return everything that is not zero."""
        found: Numbers = {address: Decimal(count) for address, count in self._counts.items()}
        found |= self._sums
        found |= {address: Decimal(len(seen)) for address, seen in self._distinct.items()}
        for name, ministries in self._promoting.items():
            found["取組", TOTAL, name] = Decimal(len(ministries))
            found |= {("取組", ministry, name): Decimal(1) for ministry in ministries}
        found |= _so_far(found)
        found |= _of_answers(found)
        return {address: number for address, number in found.items() if number}


def _so_far(numbers: Numbers) -> Numbers:
    """Return the count up to each day."""
    days = sorted(address[1] for address in numbers if address[0] == "日別")
    so_far: Numbers = {}
    total = Decimal(0)
    for day in days:
        total += numbers["日別", day, "延べ発出団体数"]
        so_far["日別", day, "累計延べ発出団体数"] = total
    return so_far


def _of_answers(numbers: Numbers) -> Numbers:
    """Return what the figures of the answers tell besides the outcomes: rows, and members reached."""
    answered = numbers.get(("取組", TOTAL, "answered_bodies"), Decimal(0))
    reach: Numbers = {
        ("会員への周知", subject, name.removeprefix("member_reach.")): number
        for (table, subject, *rest), number in numbers.items()
        if table == "取組" and (name := rest[0]).startswith("member_reach.")
    }
    return {("回答", "延べ回答団体数"): answered, **reach}


@dataclass(frozen=True)
class Difference:
    """One figure, or text, that is not what was counted, or read; None for nothing."""

    address: Address
    stored: Decimal | str | None
    counted: Decimal | str | None
    source: str = "再計算"

    def __str__(self) -> str:
        stored, counted = _told(self.stored), _told(self.counted)
        return f"{'／'.join(self.address)}：取りまとめでは {stored}、{self.source}では {counted}"


def _told(value: Decimal | str | None) -> str:
    return f"{value:,}" if isinstance(value, Decimal) else value or "なし"


def differences(stored: Numbers, counted: Numbers, *, without: Iterable[str] = ()) -> list[Difference]:
    """Return every figure that differs; what one side does not have is zero there.

    `without` are the last parts of addresses that the other path cannot count.
    """
    passed_over = set(without)
    addresses = sorted(
        address for address in stored.keys() | counted.keys() if not passed_over.intersection(address)
    )
    return [
        Difference(address, stored.get(address, Decimal(0)), counted.get(address, Decimal(0)))
        for address in addresses
        if stored.get(address, 0) != counted.get(address, 0)
    ]
