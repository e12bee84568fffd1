"""`manage.py run_due`: do once all that the scheduler starts, where none runs or after an outage."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from followup import tasks

STEPS = (
    ("引継ぎ", tasks.settle_handovers),
    ("督促の計画", tasks.plan_reminders),
    ("定期送付の開始", tasks.run_exports),
    ("取りまとめの作成", tasks.sweep_council_reports),
    ("定期送付", tasks.run_exports),
    ("取りまとめの照合", tasks.sweep_council_rebuilds),
    ("メールの送信", tasks.deliver_mail),
    ("記録の封印", tasks.seal_audit),
    ("報告の自動点検", tasks.examine_submissions),
    ("回答の取込み", tasks.sweep_answer_imports),
    ("回答用ブックの作成", tasks.sweep_workbook_downloads),
    ("回答用ブック一式の作成", tasks.sweep_workbook_bundles),
    ("集計の控え", tasks.keep_counts),
    ("期限を過ぎたブックの削除", tasks.discard_workbooks),
    ("仕事の実行の整理", tasks.prune_task_runs),
)
SWEEPS = (
    tasks.sweep_council_reports,
    tasks.sweep_council_rebuilds,
    tasks.sweep_answer_imports,
    tasks.sweep_workbook_downloads,
    tasks.sweep_workbook_bundles,
)


class Command(BaseCommand):
    help = "期日の来た仕事（督促の計画、メールの送信、取りまとめの作成、回答の取込みなど）を一通り行います。"

    def handle(self, *args: Any, **options: Any) -> None:
        for label, task in STEPS:
            self.stdout.write(f"{label}：{task()}")
            while task in SWEEPS and (more := task()):  # each leaves after a while what is left
                self.stdout.write(f"{label}：{more}")
