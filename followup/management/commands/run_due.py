"""`manage.py run_due`: do once all that the scheduler starts, where none runs or after an outage."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from followup import tasks

STEPS = (
    ("督促の計画", tasks.plan_reminders),
    ("メールの送信", tasks.deliver_mail),
    ("記録の封印", tasks.seal_audit),
    ("取りまとめの作成", tasks.sweep_council_reports),
    ("報告の自動点検", tasks.examine_submissions),
)


class Command(BaseCommand):
    help = "期日の来た仕事（督促、メール、記録の封印、取りまとめ、報告の自動点検）を一通り行います。"

    def handle(self, *args: Any, **options: Any) -> None:
        for label, task in STEPS:
            self.stdout.write(f"{label}：{task()}")
