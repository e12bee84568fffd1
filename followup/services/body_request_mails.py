"""The mails to bodies that are asked to answer: one a body, in the ministry's name, with its contact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from followup.models import BodyRequest, Report
from followup.services.body_links import link_of
from followup.services.mail_texts import render_mail
from outreach.models import SECRET_LINK, Letter, MailKind, MailState, OutgoingMail, User
from outreach.services.audit import record_audit
from outreach.services.mail import queue_mail


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
        sender_name=f"{ministry.name}（周知依頼トラッカー）",
        reply_to=body_request.contact_email,
        ministry=ministry,
        subject=subject,
        body=text,
        secret_link=link_of(body_request) if has_link else "",
        why=why,
        now=now,
    )


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
