"""What one ministry of the demo asks its bodies by a link, and what comes back: one in every state."""

from __future__ import annotations

from datetime import datetime

from followup.models import BodyRequest, Report, Round
from followup.services.body_requests import Addressee, Wording, ask_bodies, withdraw_request
from followup.services.demo.accounts import contributor_of
from followup.services.demo.answers import body_answers
from followup.services.demo.story import BODIES_DUE_ON
from followup.services.proposals import Respondent, mark_opened, submit_proposal
from outreach.models import Notification

ASKING = "厚生労働省"
ASKED = 8
ANSWERS = {0: 3, 1: 0, 2: 1}
"""Who answers, and which answer of the demo it is; the first differs from what the ministry has entered."""
OPENED, WITHDRAWN = 3, 4


def ask_some(collection: Round, *, now: datetime) -> None:
    """Ask the bodies that the ministry has not answered for, and one that it has."""
    report = Report.objects.get(round=collection, assignment__ministry__name=ASKING)
    notices = list(Notification.objects.filter(assignment=report.assignment).issued().order_by("pk"))
    begin = len(notices) // 2 - 1
    actor = contributor_of(report.assignment.ministry)
    ask_bodies(
        report=report,
        addressees=[
            Addressee(notice.pk, f"jimukyoku{number}@dantai.example")
            for number, notice in enumerate(notices[begin : begin + ASKED], start=1)
        ],
        wording=Wording(
            due_on=BODIES_DUE_ON,
            contact_name=f"{actor.department}　{actor.name}",
            contact_phone=actor.phone,
            contact_email=actor.email,
            message="会員事業者数は、令和5年4月1日現在で御回答ください。",
        ),
        actor=actor,
        now=now,
    )


def answer_some(collection: Round, *, now: datetime) -> None:
    """Let bodies answer, one only look, and the ministry withdraw one request."""
    requests = BodyRequest.objects.filter(report__round=collection).select_related(
        "report__round", "report__assignment__ministry", "notification__body", "notification__template"
    )
    for number, body_request in enumerate(requests.order_by("pk")):
        if number in ANSWERS or number == OPENED:
            mark_opened(body_request=body_request, now=now)
        if number in ANSWERS:
            submit_proposal(
                body_request=body_request,
                seen_number=None,
                answers=body_answers(body_request.notification, ANSWERS[number]),
                respondent=Respondent("事務局 担当", "03-0000-0000", "事務局"),
                now=now,
            )
        if number == WITHDRAWN:
            actor = contributor_of(body_request.report.assignment.ministry)
            withdraw_request(body_request=body_request, actor=actor, now=now)
