"""The figures of a frozen report as they lie in its JSON, each under the address that `tally` gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from followup.management.recount.tally import TOTAL, Address, Numbers

KINDS = {
    "integer": "number", "decimal": "number", "percent": "percent", "boolean": "boolean",
    "single": "choice", "multiple": "choice", "short_text": "text", "long_text": "text", "date": "date",
}  # fmt: skip
"""What the answers of a type are counted as; answers of two kinds do not add up."""

OUTCOMES = (
    "answered_bodies", "spread_answered", "spread", "forwarded", "member_reach", "reached_staff",
    "insurance_ministries", "insurance_staff", "account_ministries", "account_staff", "onsite_bodies",
    "onsite_times", "practices", "public_practices", "obstacles", "public_obstacles", "excluded",
    "corrected", "to_check",
)  # fmt: skip


def stored_numbers(figures: Mapping[str, Any]) -> Numbers:
    """Return everything that is not zero; what no form asks (null) is as good as zero here."""
    name_of = {str(row["report_id"]): row["name"] for row in figures["progress"]["ministries"]}
    found = [
        *_progress(figures["progress"]),
        *_questions(figures["answers"]),
        *_reach(figures["answers"], name_of),
        *_outcomes(figures["outcomes"]),
    ]
    return {address: Decimal(str(value)) for address, value in found if value and Decimal(str(value))}


def _progress(progress: Mapping[str, Any]) -> Iterator[tuple[Address, Any]]:
    ministries = progress["ministries"]
    yield ("府省庁", "対象府省庁数"), len(ministries)
    yield ("府省庁", "提出府省庁数"), sum(row["versions"] > 0 for row in ministries)
    yield ("府省庁", "受理府省庁数"), sum(row["status"] == "accepted" for row in ministries)
    yield ("府省庁", "期限後提出府省庁数"), sum(row["is_late"] for row in ministries)
    yield ("府省庁", "期限超過府省庁数"), sum(row["is_overdue"] for row in ministries)
    yield ("府省庁", "該当なし府省庁数"), sum(bool(row["no_body_reason"]) for row in ministries)
    yield ("府省庁", "提出版数"), sum(row["versions"] for row in ministries)
    for status in {row["status"] for row in ministries}:
        yield ("報告の状態", status, "府省庁数"), sum(row["status"] == status for row in ministries)
    for row in ministries:
        yield from _ministry(row)
    yield ("発出", "延べ対象団体数"), sum(count["aimed"] for row in ministries for count in row["counts"])
    yield ("発出", "延べ発出団体数"), sum(count["issued"] for row in ministries for count in row["counts"])
    yield ("発出", "実対象団体数"), progress["distinct_aimed"]
    yield ("発出", "実発出団体数"), progress["distinct_issued"]
    for row in progress["categories"]:
        group = ("区分別", f"ひな形{row['template_number']}", row["category"])
        yield (*group, "延べ対象団体数"), row["aimed"]
        yield (*group, "延べ発出団体数"), row["issued"]
        yield (*group, "実発出団体数"), row["distinct_issued"]
    for row in progress["channels"]:
        yield ("周知手段別", row["code"], "延べ発出団体数"), row["issued"]
    for row in progress["days"]:
        yield ("日別", row["day"], "延べ発出団体数"), row["issued"]
        yield ("日別", row["day"], "累計延べ発出団体数"), row["issued_so_far"]


def _ministry(row: Mapping[str, Any]) -> Iterator[tuple[Address, Any]]:
    own = ("府省庁別", row["name"])
    yield (*own, "提出版数"), row["versions"]
    yield (*own, "延べ対象団体数"), sum(count["aimed"] for count in row["counts"])
    yield (*own, "延べ発出団体数"), sum(count["issued"] for count in row["counts"])
    for template in {count["template_number"] for count in row["counts"]}:
        counts = [count["issued"] for count in row["counts"] if count["template_number"] == template]
        yield (*own, f"ひな形{template}延べ発出団体数"), sum(counts)


def _questions(answers: Mapping[str, Any]) -> Iterator[tuple[Address, Any]]:
    for question in answers["questions"]:
        own = ("設問別", question["key"], KINDS[question["type"]])
        yield (*own, "回答数"), question["answered"]
        for choice in question["choices"]:
            yield (*own, f"選択肢 {choice['code']}"), choice["count"]
        yield (*own, "合計"), question["total"]


def _reach(answers: Mapping[str, Any], name_of: Mapping[str, str]) -> Iterator[tuple[Address, Any]]:
    yield ("回答", "延べ回答団体数"), answers["bodies"]
    whole = {TOTAL: answers["member_reach"] or {}}
    of_ministries = {name_of[report_id]: reach for report_id, reach in answers["member_reach_of"].items()}
    for subject, reach in (whole | of_ministries).items():
        for part, number in reach.items():
            yield ("会員への周知", subject, part), number


def _outcomes(outcomes: Mapping[str, Any]) -> Iterator[tuple[Address, Any]]:
    for subject, row in [(TOTAL, outcomes), *((row["ministry"], row) for row in outcomes["by_ministry"])]:
        for name in OUTCOMES:
            value = row.get(name)
            parts = value.items() if isinstance(value, dict) else [("", value)]
            for part, number in parts:
                yield ("取組", subject, f"{name}.{part}" if part else name), number
