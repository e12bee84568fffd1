"""`manage.py verify_audit`: show whether the audit trail was tampered with; fails when it was."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_scopes import scopes_disabled

from outreach.models import AuditEntry, AuditSeal
from outreach.services.audit import find_tampering


class Command(BaseCommand):
    help = "記録（監査証跡）が書き換えられていないことを、ハッシュの連鎖で確かめます。"

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            problem = find_tampering()
            sealed = AuditSeal.objects.count()
            unsealed = AuditEntry.objects.filter(seal=None).count()
        if problem:
            raise CommandError(problem)
        self.stdout.write(f"封印された記録{sealed}件に異状はありません（封印待ち{unsealed}件）。")
