"""`manage.py load_demo`: load the demo into a development database; safe to run again."""

import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django_scopes import scopes_disabled

from followup.services.demo import load_demo
from followup.services.demo.accounts import LOGINS, set_passwords

PASSWORD_BYTES = 15
"""Gives 20 characters."""


class Command(BaseCommand):
    help = "デモのデータと利用者を読み込みます（開発環境だけで使えます）。"

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("デモは開発環境（DEBUG=1）だけで使えます。何も登録していません。")
        call_command("load_reference", stdout=self.stdout)
        file = settings.VAR_DIR / "demo-password.txt"
        kept = file.read_text(encoding="utf-8").strip() if file.exists() else ""
        password = settings.DEMO_PASSWORD or kept or secrets.token_urlsafe(PASSWORD_BYTES)
        with scopes_disabled():
            loaded = load_demo()
            if loaded or password != kept:
                set_passwords(password)
        _write_private(file, password)
        self.stdout.write(
            "デモのデータを登録しました。" if loaded else "デモのデータは登録済みです。変更していません。"
        )
        self._print_logins(password)

    def _print_logins(self, password: str) -> None:
        self.stdout.write("デモの利用者：")
        for email in LOGINS:
            self.stdout.write(f"  {email}")
        self.stdout.write(f"  パスワード：{password}")


def _write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{text}\n", encoding="utf-8")
