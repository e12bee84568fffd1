"""`manage.py deliver_mail`: send what is due in the outbox, as the worker does every minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django_scopes import scopes_disabled

from followup.documents.mail_attachments import recheck
from outreach import clock
from outreach.models import OutgoingMail
from outreach.services.delivery import Outcome, deliver_due
from outreach.services.mail_standing import count_settlements, mail_standing

LABELS = {
    Outcome.SENT: "送信しました",
    Outcome.POSTPONED: "送信できる時刻まで延ばしました",
    Outcome.CANCELLED: "当てはまらなくなったため取りやめました",
    Outcome.REFUSED: "メールサーバーに拒まれました",
    Outcome.BROKEN: "途中で接続が切れました（間を置いて再送します）",
    Outcome.IN_DOUBT: "送達を確認できません（着手の期限が過ぎてから確かめます）",
    Outcome.UNREACHABLE: "メールサーバーが受け付けませんでした（間を置いて再送します）",
    Outcome.NOT_OURS: "ほかのワーカーが扱っています",
}


class Command(BaseCommand):
    help = "送信時刻になったメールを送ります（ワーカーが毎分行うものと同じです）。"

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            outcomes = deliver_due(read_clock=clock.now, recheck=recheck)
            waiting = OutgoingMail.objects.queued().count()
            standing = mail_standing(now=clock.now())
            settled = count_settlements()
        for outcome, count in outcomes.items():
            self.stdout.write(f"{count}件：{LABELS[outcome]}。")
        self.stdout.write(f"送信待ちは{waiting}件です。")
        if standing.in_doubt or standing.failed:
            self.stdout.write(f"送達未確認は{standing.in_doubt}件、要対応は{standing.failed}件です。")
        if standing.outage:
            self.stdout.write(f"メールサーバーの障害：{standing.outage.error}")
        for settlement, count in settled.items():
            self.stdout.write(f"これまでの送達未確認：{settlement.label} {count}件。")
