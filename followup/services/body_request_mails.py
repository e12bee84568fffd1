"""The mails of 団体への回答依頼: to bodies in the ministry's name, and to the ministry when they answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from followup.models import BodyRequest, Report
from followup.services.body_links import link_of
from followup.services.mail_texts import render_mail, url_of
from outreach.models import SECRET_LINK, Letter, MailKind, MailState, Ministry, OutgoingMail, User
from outreach.rules.wareki import instant_in_tokyo
from outreach.services.audit import record_audit_of_each
from outreach.services.mail import message_id, queue_mail_to_ministry


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


def draft_to_body(
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
    """Return a mail of this name, not yet queued; `occasion` makes it happen once for this request."""
    ministry = body_request.report.assignment.ministry
    subject, text = compose(name, body_request, title=title, reason=reason, has_link=has_link)
    key = f"{name}:{body_request.pk}:{occasion}"
    return OutgoingMail(
        kind=MailKind.BODY_REQUEST,
        dedupe_key=key,
        message_id=message_id(key),
        to=body_request.email,
        sender_name=_sender_name(ministry),
        reply_to=body_request.contact_email,
        ministry=ministry,
        subject=" ".join(subject.split()),
        body=text,
        secret_link=link_of(body_request) if has_link else "",
        why=why,
        not_before=now,
        created_at=now,
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


def drop_waiting_mails(
    body_requests: Iterable[BodyRequest], *, reason: str, now: datetime, actor: User | None, rule: str = ""
) -> None:
    """Take back the last mails to bodies of a report that have not left: what they ask no longer applies."""
    mails = {one.mail.pk: (one.mail, one.report) for one in body_requests if one.mail}
    waiting = OutgoingMail.objects.filter(pk__in=mails, state__in=(MailState.QUEUED, MailState.FAILED))
    taken = list(waiting.select_for_update().values_list("pk", flat=True))
    if not taken:
        return
    OutgoingMail.objects.filter(pk__in=taken).update(
        state=MailState.CANCELLED, secret_link="", last_error=reason
    )
    _mail, report = mails[taken[0]]
    record_audit_of_each(
        [(mails[pk][0], None) for pk in sorted(taken)],
        action="メールを取りやめ",
        now=now,
        actor=actor,
        rule=rule,
        ministry=report.assignment.ministry,
        reason=reason,
    )
