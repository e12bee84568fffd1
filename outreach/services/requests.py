"""Issue a request (依頼) to ministries, and take note that a ministry has read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from outreach.models import Assignment, IssuingOffice, MailKind, Ministry, OutreachRequest, User
from outreach.rules.wareki import format_wareki, instant_in_tokyo
from outreach.services.addressees import Recipient, recipients_by_ministry
from outreach.services.audit import record_audit
from outreach.services.errors import Refusal
from outreach.services.mail import queue_mail_to_ministry

WHY = "依頼の対象となる府省庁の担当者（いない場合は共有メールボックス）にお送りしています。"


class AlreadyIssued(Refusal):
    """The request, or the request to this ministry, went out before."""


class NobodyAsked(Refusal):
    """No ministry was chosen."""


class DatedAhead(Refusal):
    """The letter bears a day that is still to come, before which no notice could be recorded."""


@dataclass(frozen=True)
class IssuePreview:
    """What issuing would send to one ministry; `problem` is "" or a sentence for staff."""

    ministry: Ministry
    recipients: list[str]
    problem: str
    subject: str
    body: str


def preview_issue(
    *, request: OutreachRequest, ministries: Sequence[Ministry], today: date
) -> list[IssuePreview]:
    """Show the mails that issuing today would queue, in the order given; nothing is written."""
    recipients = recipients_by_ministry(ministries, on=today)
    offices = list(request.offices.all())
    return [
        IssuePreview(
            ministry=ministry,
            recipients=[address for address, _user in recipients[ministry.pk]],
            problem=_problem(recipients[ministry.pk]),
            subject=_subject(request),
            body=_body(request, ministry, offices),
        )
        for ministry in ministries
    ]


def _problem(recipients: list[Recipient]) -> str:
    if not recipients:
        return "担当者も共有メールボックスも登録されていないため、メールを送れません。"
    if recipients[0][1] is None:
        return "受け取れる担当者がいないため、共有メールボックスに送ります。"
    return ""


@transaction.atomic
def issue_request(
    *, request: OutreachRequest, ministries: Sequence[Ministry], actor: User, now: datetime
) -> list[Assignment]:
    """Issue a request once: an assignment and mail for each ministry.

    Ministries that come later are issue_request_to_more's.

    Raises:
        NobodyAsked: when there is no ministry.
        AlreadyIssued: when it was issued before; of two clicks the second is told.
        DatedAhead: when the letter's day is still to come.
    """
    issued = OutreachRequest.objects.filter(pk=request.pk, issued_at=None).update(
        issued_at=now, issued_by=actor
    )
    if not issued:
        raise AlreadyIssued(
            "この依頼は既に発出されています。府省庁を加えるときは、依頼の画面の"
            "「府省庁を追加して発出する」を使ってください。"
        )
    request.refresh_from_db()
    if request.dated_on > instant_in_tokyo(now).date():
        raise DatedAhead(
            f"文書の日付（{format_wareki(request.dated_on)}）がまだ来ていないため、発出できません。"
            "依頼の「文書の日付」を直すか、その日以降に発出してください。"
        )
    return _assign(request=request, ministries=ministries, actor=actor, now=now)


@transaction.atomic
def issue_request_to_more(
    *, request: OutreachRequest, ministries: Sequence[Ministry], actor: User, now: datetime
) -> list[Assignment]:
    """Issue a request, already issued to others, to further ministries.

    Raises:
        NobodyAsked: when there is no ministry.
        AlreadyIssued: when one of them has it; nothing is written.
    """
    OutreachRequest.objects.select_for_update().get(pk=request.pk, issued_at__isnull=False)
    asked = Assignment.objects.filter(request=request, ministry__in=ministries).select_related("ministry")
    if names := [assignment.ministry.name for assignment in asked]:
        raise AlreadyIssued(f"次の府省庁には既に発出しています：{'、'.join(names)}")
    return _assign(request=request, ministries=ministries, actor=actor, now=now)


def _assign(
    *, request: OutreachRequest, ministries: Sequence[Ministry], actor: User, now: datetime
) -> list[Assignment]:
    if not ministries:
        raise NobodyAsked("依頼先の府省庁を一つ以上選んでください。")
    assignments = Assignment.objects.bulk_create(
        Assignment(request=request, ministry=ministry, created_at=now) for ministry in ministries
    )
    offices = list(request.offices.all())
    for assignment in assignments:
        mails = queue_mail_to_ministry(
            ministry=assignment.ministry,
            kind=MailKind.REQUEST,
            occasion=f"request:{assignment.pk}",
            subject=_subject(request),
            body=_body(request, assignment.ministry, offices),
            why=WHY,
            now=now,
        )
        record_audit(
            action="依頼を発出",
            now=now,
            actor=actor,
            obj=assignment,
            ministry=assignment.ministry,
            after={"宛先": [mail.to for mail in mails]},
        )
    return assignments


@transaction.atomic
def acknowledge(*, assignment: Assignment, actor: User, now: datetime) -> bool:
    """Take note that the ministry has read the request; return False when a colleague was first."""
    changed = Assignment.objects.filter(pk=assignment.pk, acknowledged_at=None).update(
        acknowledged_at=now, acknowledged_by=actor
    )
    if changed:
        record_audit(action="依頼を確認", now=now, actor=actor, obj=assignment, ministry=assignment.ministry)
    assignment.refresh_from_db()
    return bool(changed)


def _subject(request: OutreachRequest) -> str:
    return f"【依頼】{request.title}"


def _body(request: OutreachRequest, ministry: Ministry, offices: Sequence[IssuingOffice]) -> str:
    number = f"（{request.document_number}）" if request.document_number else ""
    return MAIL.format(
        ministry=ministry.name,
        title=request.title,
        dated_on=format_wareki(request.dated_on),
        number=number,
        offices="\n".join(f"　　{office.name}" for office in offices),
        url=f"{settings.BASE_URL}{reverse('portal:request_list')}",
        contacts="\n".join(_contact(office) for office in offices),
    )


def _contact(office: IssuingOffice) -> str:
    details = [
        office.contact_name,
        f"電話：{office.phone}" if office.phone else "",
        f"メール：{office.email}" if office.email else "",
    ]
    return "　".join([f"・{office.name}", *filter(None, details)])


MAIL = """\
{ministry}　御担当者様

平素より大変お世話になっております。
{dated_on}付け{number}で、下記のとおり周知への御協力をお願いしますので、御対応くださいますようお願いいたします。

記

１　件名
　　{title}
２　発出元
{offices}
３　お願いしたいこと
　(1) 所管の業界団体等及び独立行政法人等から発出先を選び、要請文（ひな形1・ひな形2）により、
　　　可能な限り速やかに周知を要請してください。
　　　要請文の文言は、貴府省庁の判断で修正いただいて差し支えありません。
　(2) 発出した日、周知手段等を画面に記録してください。
　(3) 該当する団体がない場合は、理由を添えて「該当なし」を登録してください。
４　依頼の内容の確認と入力
　　{url}

なお、取組状況の報告（フォローアップ）の様式及び期限は、後日御連絡します。

以上

【問合せ先】
{contacts}

このメールは送信専用です。御返信いただいてもお答えできません。
"""
