"""`manage.py load_reference`: load what every installation starts from; safe to run again."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django_scopes import scopes_disabled

from followup.services.reference import load_followup_reference
from outreach import clock
from outreach.services.audit import record_audit
from outreach.services.reference import load_outreach_reference


class Command(BaseCommand):
    help = "参照データ（府省庁・独立行政法人等・依頼文書・ひな形・連絡会議・督促の規則など）を読み込みます。"

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled(), transaction.atomic():
            created = load_outreach_reference() | load_followup_reference()
            if any(created.values()):
                record_audit(
                    action="参照データを読み込み",
                    now=clock.now(),
                    actor=None,
                    rule="load_reference",
                    after=created,
                )
        for label, count in created.items():
            self.stdout.write(
                f"{label}：{count}件を登録しました。" if count else f"{label}：変更はありません。"
            )
