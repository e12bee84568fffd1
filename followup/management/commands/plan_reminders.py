"""`manage.py plan_reminders`: plan today's reminders by hand, or only show them with --dry-run."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django_scopes import scopes_disabled

from followup.services.obligations import mark_everything
from followup.services.opening_days import exceptions_near
from followup.services.reminder_audiences import called
from followup.services.reminder_recipients import ministries_without_officer
from followup.services.reminders import Plan, PlannedReminder, plan_reminders
from outreach import clock
from outreach.rules.wareki import format_wareki, short_day

HEADINGS = ("府省庁", "宛先", "あて名", "CC", "理由", "件数")


class Command(BaseCommand):
    help = "今日の督促・お知らせを計画します（何度実行しても同じものは一度だけ）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="誰に何がなぜ届くかを表示するだけで、何も記録しません。"
        )
        parser.add_argument(
            "--all", action="store_true", help="変更のなかった府省庁も含めて、督促の対象を全て調べ直します。"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        today = clock.today()
        with scopes_disabled():
            if options["all"]:
                mark_everything()
            plan = plan_reminders(today=today, now=clock.now(), dry_run=options["dry_run"])
            unreachable = list(ministries_without_officer())
            exceptions = exceptions_near(today)
        self.stdout.write(f"{format_wareki(today, weekday=True)}の督促・お知らせ")
        self._write_changes(plan, exceptions)
        if plan.closed:
            self.stdout.write(f"閉庁日（{plan.closed}）のため、計画しません。")
        elif plan.planned:
            self._write_table([HEADINGS, *map(_row, plan.planned)])
        self._write_left_out(plan)
        verb = (
            "計画します（--dry-run のため、まだ何も記録していません）"
            if options["dry_run"]
            else "計画しました"
        )
        self.stdout.write(f"{plan.reminders}件を{verb}。")
        for ministry in unreachable:
            where = "共有メールボックスに送ります" if ministry.mailbox else "送り先がありません"
            self.stdout.write(f"要対応：{ministry}には有効な担当者がいません（{where}）。")

    def _write_changes(self, plan: Plan, exceptions: list[str]) -> None:
        for move in plan.moved:
            self.stdout.write(
                f"変更：{move.ministry}の「{move.kind.label}」の{move.kind.day}が{short_day(move.before)}から"
                f"{short_day(move.after)}に変わったため、段階を数え直しました。"
            )
        for exception in exceptions:
            self.stdout.write(f"開庁日の例外：{exception}")

    def _write_left_out(self, plan: Plan) -> None:
        for left in plan.left_out:
            self.stdout.write(f"送らないもの：{left.ministry}　{left.reason}　{left.count}件　{left.why}")

    def _write_table(self, rows: list[tuple[str, ...]]) -> None:
        widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _row(reminder: PlannedReminder) -> tuple[str, ...]:
    recipient = reminder.occasion.recipient
    return (
        reminder.ministry.name,
        recipient.address,
        called(reminder.occasion.rule, ministry=reminder.ministry, office=None, user=recipient.user),
        recipient.cc,
        reminder.reason,
        str(reminder.count),
    )


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: kana and kanji take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
