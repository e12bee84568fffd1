"""Load the demo: the story is told in `story`, and each step of it goes through the services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction

from followup.models import Round
from followup.services.demo import accounts, body_requests, notices, registry, reports, requests, story
from followup.services.forms import create_form_draft
from followup.services.mail_recheck import recheck
from followup.services.reminders import plan_reminders
from outreach.models import Assignment, OutgoingMail, User
from outreach.services.audit import record_audit
from outreach.services.delivery import deliver_due

Step = Callable[..., object]
"""One step of the story; it is given the instant as `now`."""


@transaction.atomic
def load_demo() -> bool:
    """Tell the story on loaded reference data; return False where it has been told before."""
    if accounts.has_people():
        return False
    staff = accounts.add_people()
    registry.add_bodies()
    requests.prepare_next_request()
    earlier = requests.issue_earlier_request(staff=staff, now=story.EARLIER_ISSUED_AT)
    _deliver(now=story.EARLIER_ISSUED_AT)
    for now, step in [*_july_and_august(earlier, staff), *_letter(earlier, staff)]:
        step(now=now)
        _deliver(now=now)
    record_audit(action="デモを読み込み", now=story.LETTER_NOTIFIED_AT, actor=None, rule="load_demo")
    return True


def _july_and_august(earlier: Round, staff: User) -> list[tuple[datetime, Step]]:
    """The earlier request, from its notices to the decisions of staff."""
    first_reminder, second_reminder, _third = story.REMINDED_AT
    return [
        (story.EARLIER_NOTIFIED_AT, partial(_each, earlier, notices.notify_for_earlier_request)),
        (
            story.FORM_PUBLISHED_AT,
            partial(reports.publish_standard_form, earlier, due_on=story.FORM_DUE_ON, staff=staff),
        ),
        (story.ANSWERED_AT, partial(reports.answer, earlier)),
        (story.REVIEW_ASKED_AT, partial(reports.ask_reviews, earlier)),
        (story.SUBMITTED_AT, partial(reports.submit_first_versions, earlier)),
        (first_reminder, _remind),
        (story.RETURNED_AT, partial(reports.return_some, earlier, staff=staff)),
        (story.LEFT_AT, partial(accounts.let_people_leave, staff=staff)),
        (second_reminder, _remind),
        (story.ACCEPTED_AT, partial(reports.accept_some, earlier, staff=staff)),
        (story.RESUBMITTED_AT, partial(reports.resubmit, earlier)),
    ]


def _letter(earlier: Round, staff: User) -> list[tuple[datetime, Step]]:
    """The real letter, and what happens to the earlier request meanwhile."""
    *_earlier_ones, last_reminder = story.REMINDED_AT
    extend = partial(reports.extend_some, earlier, due_on=story.EXTENDED_DUE_ON, staff=staff)
    return [
        (story.EXTENDED_AT, extend),
        (story.MORE_TIME_ASKED_AT, partial(reports.ask_more_time, earlier)),
        (story.BODIES_ASKED_AT, partial(body_requests.ask_some, earlier)),
        (story.LETTER_ISSUED_AT, partial(_issue_letter, staff=staff)),
        (last_reminder, _remind),
        (story.LETTER_READ_AT, partial(_each_of_letter, notices.read_letter)),
        (story.BODIES_ANSWERED_AT, partial(body_requests.answer_some, earlier)),
        (story.LETTER_NOTIFIED_AT, partial(_each_of_letter, notices.answer_letter)),
        (story.INVITED_AT, partial(accounts.invite_newcomer, staff=staff)),
    ]


def _issue_letter(*, staff: User, now: datetime) -> None:
    """Issue the real letter and begin its form from the standard one, for staff to edit."""
    collection = requests.issue_real_letter(staff=staff, now=now)
    create_form_draft(round=collection, actor=staff, now=now)


def _each(collection: Round, step: Callable[..., None], *, now: datetime) -> None:
    stories = {part.ministry: part for part in story.ministry_stories()}
    for assignment in Assignment.objects.filter(request=collection.request).select_related(
        "ministry", "request"
    ):
        step(assignment, stories[assignment.ministry.name], now=now)


def _each_of_letter(step: Callable[..., None], *, now: datetime) -> None:
    _each(Round.objects.get(request__key=requests.REAL_LETTER), step, now=now)


def _remind(*, now: datetime) -> None:
    plan_reminders(today=now.date(), now=now)


def _deliver(*, now: datetime) -> None:
    """Send what is due, as the worker does every minute."""
    while OutgoingMail.objects.due(now).exists():
        deliver_due(read_clock=lambda: now, recheck=recheck)
