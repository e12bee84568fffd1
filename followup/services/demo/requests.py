"""The requests of the demo: an earlier one, the real letter, and one that waits to be issued."""

from __future__ import annotations

from datetime import datetime

from followup.models import Council, Round
from followup.services.demo.story import demo_rows
from followup.services.issue import issue
from outreach.models import LetterTemplate, Material, Ministry, OutreachRequest, Topic, User

REAL_LETTER = "request-2023-08-31"


def issue_earlier_request(*, staff: User, now: datetime) -> Round:
    return _issue(_create("earlier"), staff=staff, now=now)


def issue_real_letter(*, staff: User, now: datetime) -> Round:
    return _issue(OutreachRequest.objects.get(key=REAL_LETTER), staff=staff, now=now)


def prepare_next_request() -> None:
    """Create a request that staff can issue in the demo."""
    _create("next")


def _issue(request: OutreachRequest, *, staff: User, now: datetime) -> Round:
    collection = issue(
        request=request,
        ministries=list(Ministry.objects.asked()),
        council=Council.objects.get(number=6),
        actor=staff,
        now=now,
    )
    collection.contact_phone, collection.contact_email = "03-0000-0000", "koho@digital.example"
    collection.save(update_fields=["contact_phone", "contact_email"])
    return collection


def _create(name: str) -> OutreachRequest:
    """Create a made-up request with one clause; offices, one material and templates are the real letter's."""
    row = demo_rows()["requests"][name]
    real = OutreachRequest.objects.get(key=REAL_LETTER)
    request = OutreachRequest.objects.create(
        key=row["key"], title=row["title"], dated_on=row["dated_on"], text=row["text"]
    )
    offices = list(real.offices.all())
    request.offices.set(offices)
    Topic.objects.create(request=request, number=1, office=offices[0], **row["topic"])
    Material.objects.create(request=request, **row["material"])
    LetterTemplate.objects.bulk_create(
        LetterTemplate(
            request=request,
            number=template.number,
            audience=template.audience,
            subject=template.subject,
            text=template.text,
        )
        for template in real.letter_templates.all()
    )
    return request
