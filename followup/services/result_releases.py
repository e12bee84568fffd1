"""Give a frozen result back to those who answered (結果の返却): each its own sheet, told by mail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from followup.models import CouncilFile, CouncilReport, FileKind, ResultRelease
from followup.services.mail_texts import render_mail, url_of
from outreach.models import MailKind, Ministry, User
from outreach.services.addressees import unreached
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail_to_ministry


def ministries_to_tell(*, report: CouncilReport) -> list[Ministry]:
    """Return the ministries that have a sheet of their own in a report, in 建制順."""
    sheets = CouncilFile.objects.filter(report=report, kind=FileKind.MINISTRY_SHEET)
    return list(Ministry.objects.filter(pk__in=sheets.values("ministry_id")).order_by("order"))


@transaction.atomic
def release_results(*, report: CouncilReport, message: str = "", actor: User, now: datetime) -> ResultRelease:
    """Let every ministry see its own sheet of a finished report, and tell each by mail.

    Raises:
        Refusal: when the report is not finished, has no sheets, or was given back before.
    """
    locked = CouncilReport.objects.select_for_update(of=("self",)).select_related("round").get(pk=report.pk)
    ministries = ministries_to_tell(report=locked)
    _refuse(locked, ministries)
    release = ResultRelease.objects.create(
        report=locked, message=message.strip(), released_by=actor, released_at=now
    )
    for ministry in ministries:
        _mail(release, ministry, now=now)
    missed = [ministry.name for ministry in unreached(ministries)]
    record_audit(
        action="取りまとめの結果を府省庁へ返却",
        now=now,
        actor=actor,
        obj=locked,
        after={"返却した府省庁数": len(ministries), "連絡事項": release.message}
        | ({"メールの宛先がない府省庁": missed} if missed else {}),
    )
    return release


def _refuse(report: CouncilReport, ministries: list[Ministry]) -> None:
    if not report.is_done:
        raise Refusal("取りまとめは、まだ完成していません。")
    if ResultRelease.objects.filter(report=report).exists():
        raise Refusal("この取りまとめの結果は、既に府省庁へ返しています。")
    if not ministries:
        raise Refusal("府省庁別の結果がない取りまとめです。新しい取りまとめを作成してから返してください。")


def _mail(release: ResultRelease, ministry: Ministry, *, now: datetime) -> None:
    context = {
        "round": release.report.round,
        "ministry": ministry,
        "as_of": release.report.as_of,
        "message": release.message,
        "url": url_of("portal:result_list"),
    }
    subject, body = render_mail("result", context)
    queue_mail_to_ministry(
        ministry=ministry,
        kind=MailKind.RESULT,
        occasion=f"result:{release.report_id}:{ministry.pk}",
        subject=subject,
        body=body,
        why="フォローアップの取りまとめの結果が返されたため",
        now=now,
    )
