"""`manage.py deliver_mail`: send what is due in the outbox, as the worker does every minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django_scopes import scopes_disabled

from followup.services.mail_recheck import recheck
from outreach import clock
from outreach.models import OutgoingMail
from outreach.services.delivery import Outcome, deliver_due

LABELS = {
    Outcome.SENT: "送信しました",
    Outcome.POSTPONED: "送信できる時刻まで延ばしました",
    Outcome.CANCELLED: "当てはまらなくなったため取りやめました",
    Outcome.REFUSED: "メールサーバーに拒まれました",
    Outcome.UNREACHABLE: "メールサーバーに送信できませんでした（間を置いて再送します）",
    Outcome.NOT_OURS: "ほかのワーカーが扱っています",
}


class Command(BaseCommand):
    help = "送信時刻になったメールを送ります（ワーカーが毎分行うものと同じです）。"

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            outcomes = deliver_due(read_clock=clock.now, recheck=recheck)
            waiting = OutgoingMail.objects.queued().count()
        for outcome, count in outcomes.items():
            self.stdout.write(f"{count}件：{LABELS[outcome]}。")
        self.stdout.write(f"送信待ちは{waiting}件です。")
