"""Whether the mail server takes any mail: while it does not, one mail is tried a pause, by one worker.

Pauses are measured by the database's clock, which all workers share.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from outreach.models import MailOutage
from outreach.services.audit import record_audit

logger = logging.getLogger(__name__)

ACTOR = "メールの送信"
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 60, 120))
"""The growing pauses between two probes; the last one goes on, so a server that is back is soon noticed."""


def open_outage(*, error: str, now: datetime) -> None:
    """Hold up all mail until a probe gets through; an outage that is known already keeps its pause."""
    logger.warning("the mail server takes no mail")
    with transaction.atomic():
        outage, is_new = MailOutage.objects.get_or_create(
            singleton=True,
            defaults={"since": now, "next_probe_at": Now() + PAUSES[0], "error": error[:300]},
        )
        if is_new:
            record_audit(
                action="メールサーバーの障害を検知", now=now, actor=None, rule=ACTOR, obj=outage, reason=error
            )
        else:
            MailOutage.objects.filter(pk=outage.pk).update(error=error[:300])


def current_outage() -> MailOutage | None:
    return MailOutage.objects.first()


def take_probe(outage: MailOutage) -> bool:
    """Take the right to try one mail; False when another worker has it, or it is too early."""
    pause = PAUSES[min(outage.probes + 1, len(PAUSES) - 1)]
    due = MailOutage.objects.filter(pk=outage.pk, probes=outage.probes, next_probe_at__lte=Now())
    return bool(due.update(probes=F("probes") + 1, next_probe_at=Now() + pause))


@transaction.atomic
def close_outage(outage: MailOutage, *, now: datetime) -> None:
    """Let all mail go again."""
    if MailOutage.objects.filter(pk=outage.pk).delete()[0]:
        record_audit(action="メールサーバーの復旧を確認", now=now, actor=None, rule=ACTOR, obj=outage)
