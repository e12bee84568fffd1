"""What the ministries of the demo do about notices: read, choose, notify, or say there is nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from followup.services.demo.accounts import contributor_of, coordinator_of
from followup.services.demo.story import MinistryStory, Notices
from outreach.models import Assignment, Body, Channel, Material, TemplateNumber, User
from outreach.services.letters import LetterFields, save_letter
from outreach.services.notification_record import NotificationRecord
from outreach.services.notifications import declare_no_body, plan_notifications, record_notifications
from outreach.services.requests import acknowledge

NO_BODY = "所管する業界団体及び独立行政法人等がないため。"
CHANNELS = {
    TemplateNumber.BUSINESS: ("mail", "document"),
    TemplateNumber.AGENCY: ("mail", "meeting", "other"),
}

OWN_WORDS = {
    "厚生労働省": ("平素より当省の行政に", "日頃より厚生労働行政の推進に"),
    "経済産業省": ("令和５年９月30日", "令和５年10月31日"),
}
"""Two ministries change the official words; the second loses a fact by it, which the pages point out."""


def notify_for_earlier_request(assignment: Assignment, story: MinistryStory, *, now: datetime) -> None:
    """Notify every body, or answer 該当なし; a ministry that has not begun its report did nothing."""
    if story.report == "none":
        return
    actor = coordinator_of(assignment.ministry)
    acknowledge(assignment=assignment, actor=actor, now=now)
    bodies = _bodies(assignment)
    if bodies:
        _notify(assignment, bodies, actor=actor, now=now)
    else:
        declare_no_body(assignment=assignment, reason=NO_BODY, actor=actor, now=now)


def read_letter(assignment: Assignment, story: MinistryStory, *, now: datetime) -> None:
    """Let the ministry read the real letter, unless its story is that nobody has."""
    if story.notices != "none":
        acknowledge(assignment=assignment, actor=coordinator_of(assignment.ministry), now=now)


def answer_letter(assignment: Assignment, story: MinistryStory, *, now: datetime) -> None:
    """Bring the notices of the real letter as far as the ministry's story says."""
    if story.notices in {"none", "acknowledged"}:
        return
    if story.notices == "no_body":
        actor = coordinator_of(assignment.ministry)
        declare_no_body(assignment=assignment, reason=NO_BODY, actor=actor, now=now)
        return
    if story.ministry in OWN_WORDS:
        _write_letters(assignment, now=now)
    actor = contributor_of(assignment.ministry)
    chosen, notified = _share(_bodies(assignment), story.notices)
    plan_notifications(assignment=assignment, bodies=chosen, actor=actor, now=now)
    if notified:
        _notify(assignment, notified, actor=actor, now=now)


def _share(bodies: list[Body], notices: Notices) -> tuple[list[Body], list[Body]]:
    """Return the bodies that are chosen and those of them that are notified; half leaves some of each."""
    if notices == "half":
        chosen = [body for index, body in enumerate(bodies) if index % 4 != 3]  # noqa: PLR2004
        return chosen, chosen[::2]
    return bodies, bodies if notices == "all" else []


def _bodies(assignment: Assignment) -> list[Body]:
    """Return the ministry's bodies in use."""
    return list(Body.objects.filter(ministry=assignment.ministry).active().order_by("name_key"))


def _notify(assignment: Assignment, bodies: Sequence[Body], *, actor: User, now: datetime) -> None:
    for number, codes in CHANNELS.items():
        addressees = [body for body in bodies if body.proposed_template_number == number]
        if addressees:
            record_notifications(
                assignment=assignment,
                bodies=addressees,
                record=_record(assignment, number, codes, now.date()),
                actor=actor,
                now=now,
            )


def _record(
    assignment: Assignment, number: TemplateNumber, codes: Sequence[str], issued_on: date
) -> NotificationRecord:
    return NotificationRecord(
        issued_on=issued_on,
        channels=list(Channel.objects.filter(code__in=codes)),
        channel_other="所管法人の連絡会で説明" if "other" in codes else "",
        materials=list(Material.objects.filter(request=assignment.request)),
        request_attached=number == TemplateNumber.AGENCY,
        wording_changed=assignment.letters.filter(template__number=number).exists(),
    )


def _write_letters(assignment: Assignment, *, now: datetime) -> None:
    """Save the ministry's own versions of both templates, with its sender and words."""
    actor = contributor_of(assignment.ministry)
    official, own = OWN_WORDS[assignment.ministry.name]
    for template in assignment.request.letter_templates.all():
        save_letter(
            assignment=assignment,
            template=template,
            expected_version=0,
            fields=LetterFields(
                subject=template.subject,
                text=template.text.replace(official, own),
                bureau="大臣官房",
                division="総務課",
                contact_name=actor.name,
                contact_phone=actor.phone,
                contact_email=actor.email,
            ),
            actor=actor,
            now=now,
        )
