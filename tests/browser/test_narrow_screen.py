"""The pages at 375 CSS pixels: nothing runs out of the window sideways, and axe has nothing to say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from followup.models import Report, Round
from followup.rules.status import RoundStatus
from outreach.models import Assignment
from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTH = 375
OFFICER = "officer@meti.example"


def test_an_officer_reads_and_writes_on_a_telephone(visitor: Callable[..., Visitor]) -> None:
    assignment = Assignment.objects.get(ministry__name="経済産業省", request__key="request-2023-08-31")
    returned = Report.objects.get(assignment__ministry__name="経済産業省", status="returned")
    officer = visitor(width=WIDTH)
    officer.enter(OFFICER)
    officer.visit("/portal/", picture="portal-home-narrow")
    for path in (
        f"requests/{assignment.pk}/",
        f"requests/{assignment.pk}/letters/1/",
        f"requests/{assignment.pk}/letters/1/preview/",
        "bodies/",
        "bodies/new/",
        "notifications/",
        f"reports/{returned.pk}/",
        f"reports/{returned.pk}/edit/",
        f"reports/{returned.pk}/rows/?show=returned",
        f"reports/{returned.pk}/submit/",
        f"submissions/{returned.submissions.get().pk}/",
        "activity/",
    ):
        officer.visit(f"/portal/{path}")


def test_staff_look_things_up_on_a_telephone(visitor: Callable[..., Visitor]) -> None:
    collection = Round.objects.get(status=RoundStatus.OPEN)
    submitted = collection.reports.filter(status="submitted").order_by("pk")[0]
    staff = visitor(width=WIDTH)
    staff.enter("staff@digital.example")
    for path in (
        "",
        f"followup/round/{collection.pk}/progress/",
        f"followup/report/{submitted.pk}/change/",
        f"followup/report/{submitted.pk}/return/",
        "outreach/outgoingmail/",
        "outreach/body/",
    ):
        staff.visit(f"/admin/{path}")
