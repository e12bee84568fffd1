"""The mails of 団体への回答依頼: to bodies in the ministry's name, and to the ministry when they answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from followup.models import BodyRequest, Report
from followup.services.body_links import link_of
from followup.services.mail_texts import render_mail, url_of
from outreach.models import SECRET_LINK, Letter, MailKind, MailState, Ministry, OutgoingMail, User
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import record_audit
from outreach.services.mail import queue_mail, queue_mail_to_ministry


def letter_titles(report: Report) -> dict[int, str]:
    """Return the subjects of the ministry's own letters by template; one query."""
    letters = Letter.objects.filter(assignment=report.assignment_id)
    return dict(letters.values_list("template_id", "subject"))


def letter_title(body_request: BodyRequest, titles: Mapping[int, str]) -> str:
    """Return the subject of the letter that the body was notified by."""
    notice = body_request.notification
    return titles.get(notice.template_id) or notice.template.subject


def compose(
    name: str, body_request: BodyRequest, *, title: str, reason: str = "", has_link: bool = True
) -> tuple[str, str]:
    """Return subject and text of a mail, SECRET_LINK in the place of the link; also for a preview."""
    return render_mail(
        name,
        {
            "ask": body_request,
            "ministry": body_request.report.assignment.ministry,
            "body": body_request.notification.body,
            "issued_on": body_request.notification.issued_on,
            "title": title,
            "link": SECRET_LINK if has_link else "",
            "reason": reason,
        },
    )


def queue_to_body(
    name: str,
    body_request: BodyRequest,
    *,
    title: str,
    occasion: str,
    why: str,
    now: datetime,
    reason: str = "",
    has_link: bool = True,
) -> OutgoingMail:
    """Queue a mail of this name; `occasion` makes it happen once for this request."""
    ministry = body_request.report.assignment.ministry
    subject, text = compose(name, body_request, title=title, reason=reason, has_link=has_link)
    return queue_mail(
        kind=MailKind.BODY_REQUEST,
        dedupe_key=f"{name}:{body_request.pk}:{occasion}",
        to=body_request.email,
        sender_name=_sender_name(ministry),
        reply_to=body_request.contact_email,
        ministry=ministry,
        subject=subject,
        body=text,
        secret_link=link_of(body_request) if has_link else "",
        why=why,
        now=now,
    )


def tell_ministry(body_request: BodyRequest, *, now: datetime) -> None:
    """Tell the ministry that bodies have answered: with the first answer of a day, for all that follow."""
    report = body_request.report
    subject, text = render_mail(
        "bodies_answered",
        {
            "report": report,
            "body": body_request.notification.body,
            "url": url_of("portal:body_request_list", report.pk),
        },
    )
    queue_mail_to_ministry(
        ministry=report.assignment.ministry,
        kind=MailKind.BODY_REQUEST,
        occasion=f"bodies_answered:{report.pk}:{instant_in_tokyo(now):%Y%m%d}",
        subject=subject,
        body=text,
        why="団体から回答が届いたため",
        now=now,
    )


def _sender_name(ministry: Ministry) -> str:
    """Return the ministry with the system behind it, as far as both fit into the column."""
    limit: int = OutgoingMail._meta.get_field("sender_name").max_length or 0
    whole = f"{ministry.name}（周知依頼トラッカー）"
    return whole if len(whole) <= limit else ministry.name[:limit]


def drop_waiting_mail(
    body_request: BodyRequest, *, reason: str, now: datetime, actor: User | None, rule: str = ""
) -> None:
    """Take back the last mail to a body if it has not left: what it asks for no longer applies."""
    mail = body_request.mail
    if mail is None:
        return
    waiting = OutgoingMail.objects.filter(pk=mail.pk, state__in=(MailState.QUEUED, MailState.FAILED))
    if waiting.update(state=MailState.CANCELLED, secret_link="", last_error=reason):
        record_audit(
            action="メールを取りやめ",
            now=now,
            actor=actor,
            rule=rule,
            obj=mail,
            ministry=body_request.report.assignment.ministry,
            reason=reason,
        )
