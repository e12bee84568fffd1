"""`manage.py plan_reminders`: plan today's reminders by hand, or only show them with --dry-run."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_scopes import scopes_disabled

from followup.services.opening_days import opening_days
from followup.services.reminder_recipients import addressee, ministries_without_officer
from followup.services.reminders import PlannedReminder, plan_reminders
from outreach import clock
from outreach.rules.wareki import format_wareki, short_day

HEADINGS = ("府省庁", "宛先", "あて名", "CC", "期限", "理由", "状態", "フォローアップ")


class Command(BaseCommand):
    help = "今日の督促・お知らせを計画します（何度実行しても同じものは一度だけ）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="誰に何がなぜ届くかを表示するだけで、何も記録しません。"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        today = clock.today()
        with scopes_disabled():
            closed = opening_days().closed_name(today)
            planned = plan_reminders(today=today, now=clock.now(), dry_run=options["dry_run"])
            unreachable = list(ministries_without_officer())
        self.stdout.write(f"{format_wareki(today, weekday=True)}の督促・お知らせ")
        if closed:
            self.stdout.write(f"閉庁日（{closed}）のため、計画しません。")
        elif planned:
            self._write_table([HEADINGS, *map(_row, planned)])
        verb = (
            "計画します（--dry-run のため、まだ何も記録していません）"
            if options["dry_run"]
            else "計画しました"
        )
        self.stdout.write(f"{len(planned)}件を{verb}。")
        for ministry in unreachable:
            where = "共有メールボックスに送ります" if ministry.mailbox else "送り先がありません"
            self.stdout.write(f"要対応：{ministry}には有効な担当者がいません（{where}）。")

    def _write_table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _row(reminder: PlannedReminder) -> tuple[str, ...]:
    recipient = reminder.recipient
    return (
        reminder.told.ministry,
        recipient.address,
        addressee(recipient.user),
        recipient.cc,
        short_day(reminder.due_on),
        f"{reminder.rule}になり、未提出",
        reminder.told.state,
        reminder.told.collection,
    )


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: kana and kanji take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
