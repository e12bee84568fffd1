"""What a record of a notice must hold before it counts; the form and the service both ask here."""

from __future__ import annotations

from datetime import date

from outreach.rules.wareki import format_wareki


def record_problems(
    *,
    issued_on: date | None,
    today: date,
    requested_on: date,
    has_channel: bool,
    has_other_channel: bool,
    channel_other: str,
) -> dict[str, str]:
    """Return what is wrong, by field; empty when nothing is.

    The day of issue lies between the day of the request and today, both included.
    """
    problems = {}
    if problem := _day_problem(issued_on, today=today, requested_on=requested_on):
        problems["issued_on"] = problem
    if not has_channel:
        problems["channels"] = "周知手段を一つ以上選んでください。"
    if has_other_channel and not channel_other:
        problems["channel_other"] = "「その他」を選んだときは、手段の内容を入力してください。"
    if channel_other and not has_other_channel:
        problems["channel_other"] = "内容を入力したときは、周知手段の「その他」も選んでください。"
    return problems


def _day_problem(issued_on: date | None, *, today: date, requested_on: date) -> str:
    if issued_on is None:
        return "発出日を入力してください。"
    if issued_on > today:
        return f"発出日に本日（{format_wareki(today)}）より後の日は入力できません。"
    if issued_on < requested_on:
        return f"発出日に依頼の日付（{format_wareki(requested_on)}）より前の日は入力できません。"
    return ""
