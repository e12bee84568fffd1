"""Personal links to the files of a frozen result: mailed, found again, used, taken back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import IO

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from followup.models import CouncilFile, ExportLink, ExportRun
from followup.rules.reminder_stages import sending_opens_at
from followup.services.council_files import open_council_file
from followup.services.mail_texts import render_mail
from followup.services.opening_days import opening_days
from outreach.models import SECRET_LINK, MailKind, MailState, OutgoingMail, User
from outreach.rules.opening_days import OpeningDays
from outreach.rules.wareki import TOKYO, instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.delivery import Cancel, Postpone, Verdict
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail
from outreach.services.secret_tokens import hash_token, new_token


class LinkClosed(Refusal):
    """The link was taken back or has expired, or there never was one; all look the same."""

    def __init__(self) -> None:
        super().__init__("このリンクは使えません。")


def mail_link(*, run: ExportRun, email: str, days: OpeningDays, now: datetime) -> ExportLink:
    """Queue one recipient's mail with a link of its own; it leaves in office hours and counts from then."""
    leaves_at = sending_opens_at(now, days)
    expires_at = _end_of_day(leaves_at, run.schedule.link_days)
    token = new_token()
    subject, body = render_mail(
        "council_export",
        {"run": run, "report": run.report, "link": SECRET_LINK, "expires_at": expires_at},
    )
    mail = queue_mail(
        kind=MailKind.COUNCIL,
        dedupe_key=f"council_export:{run.pk}:{email}",
        to=email,
        subject=subject,
        body=body,
        secret_link=f"{settings.BASE_URL}{reverse('shared_open', args=[token])}",
        why=f"定期送付「{run.schedule}」の宛先のため",
        now=now,
        not_before=leaves_at,
    )
    return ExportLink.objects.create(
        run=run, email=email, token_hash=hash_token(token), mail=mail, created_at=now, expires_at=expires_at
    )


def _end_of_day(instant: datetime, days_later: int) -> datetime:
    """Return the last second of a day in Asia/Tokyo."""
    day = instant_in_tokyo(instant).date() + timedelta(days=days_later)
    return datetime.combine(day, time(23, 59, 59), TOKYO)


def find_link(*, token: str, now: datetime) -> ExportLink:
    """Return the link that a token still opens; raise LinkClosed."""
    links = ExportLink.objects.live(now).select_related("run__report__round__council", "run__schedule__round")
    found = links.filter(token_hash=hash_token(token)).first()
    if found is None:
        raise LinkClosed
    return found


def take_file(*, link: ExportLink, file: CouncilFile, address: str, now: datetime) -> IO[bytes]:
    """Open a file for the holder of a link, and record who took it: the address that it was mailed to.

    Raises:
        FileNotWhole: as open_council_file does.
    """
    rule = f"{link.email}（定期送付のリンク）"
    content = open_council_file(file=file, actor=None, rule=rule, address=address, now=now)
    ExportLink.objects.filter(pk=link.pk).update(
        download_count=F("download_count") + 1, last_downloaded_at=now
    )
    return content


def revoke_link(*, link: ExportLink, actor: User, now: datetime) -> None:
    """Take a link back, and its mail if that has not left; a second time is refused."""
    with transaction.atomic():
        if not ExportLink.objects.live(now).filter(pk=link.pk).update(revoked_at=now):
            raise Refusal("このリンクは、既に取り消されているか、期限が切れています。")
        waiting = OutgoingMail.objects.filter(pk=link.mail_id, state__in=(MailState.QUEUED, MailState.FAILED))
        waiting.update(state=MailState.CANCELLED, secret_link="", last_error=REVOKED)
        record_audit(action="取りまとめのリンクを取消", now=now, actor=actor, obj=link)


REVOKED = "リンクが取り消されました。"
EXPIRED = "リンクの期限が切れました。"


def recheck(mail: OutgoingMail, now: datetime) -> Verdict | None:
    """Say, just before a link is mailed, whether it still opens, and that it waits for office hours."""
    link = ExportLink.objects.filter(mail=mail).first()
    if link is None or link.revoked_at:
        return Cancel(REVOKED)
    if link.expires_at <= now:
        return Cancel(EXPIRED)
    opens_at = sending_opens_at(now, opening_days())
    return Postpone(opens_at) if opens_at > now else None
