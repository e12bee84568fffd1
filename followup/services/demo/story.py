"""The story of the demo as values: who does what, and when. Its rows are in fixtures/demo.json.

On 2023-09-04 the real letter of 2023-08-31 is two opening days old: ministries choose and notify
their bodies, and its form is still to come, as the letter says. What comes back is shown on an
earlier request of July (the letter tells of such requests; this one is made up and says so): its
form was due on 2023-09-01, so on the day of the demo some reports are accepted, some wait for
staff, some were returned, some are late, and some have been given until 2023-09-15. A third request
waits to be issued, so that the whole chain can be walked afresh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from outreach.services.reference import read_fixture

JST = ZoneInfo("Asia/Tokyo")

EARLIER_ISSUED_AT = datetime(2023, 7, 3, 14, 0, tzinfo=JST)
EARLIER_NOTIFIED_AT = datetime(2023, 7, 12, 11, 0, tzinfo=JST)
FORM_PUBLISHED_AT = datetime(2023, 8, 7, 10, 30, tzinfo=JST)
ANSWERED_AT = datetime(2023, 8, 22, 15, 0, tzinfo=JST)
REVIEW_ASKED_AT = datetime(2023, 8, 23, 16, 0, tzinfo=JST)
SUBMITTED_AT = datetime(2023, 8, 24, 11, 0, tzinfo=JST)
RETURNED_AT = datetime(2023, 8, 28, 14, 0, tzinfo=JST)
LEFT_AT = datetime(2023, 8, 28, 17, 0, tzinfo=JST)
ACCEPTED_AT = datetime(2023, 8, 30, 10, 0, tzinfo=JST)
RESUBMITTED_AT = datetime(2023, 8, 30, 15, 0, tzinfo=JST)
EXTENDED_AT = datetime(2023, 8, 31, 11, 0, tzinfo=JST)
MORE_TIME_ASKED_AT = datetime(2023, 8, 31, 13, 30, tzinfo=JST)
BODIES_ASKED_AT = datetime(2023, 8, 31, 14, 0, tzinfo=JST)
LETTER_ISSUED_AT = datetime(2023, 8, 31, 15, 0, tzinfo=JST)
LETTER_READ_AT = datetime(2023, 9, 1, 10, 0, tzinfo=JST)
BODIES_ANSWERED_AT = datetime(2023, 9, 1, 13, 0, tzinfo=JST)
LETTER_NOTIFIED_AT = datetime(2023, 9, 1, 16, 0, tzinfo=JST)
INVITED_AT = datetime(2023, 9, 1, 17, 0, tzinfo=JST)

WANTED_DUE_ON, WANTED_TIME = date(2023, 9, 8), time(17)
FORM_DUE_ON = date(2023, 9, 1)
EXTENDED_DUE_ON = date(2023, 9, 15)
BODIES_DUE_ON = date(2023, 9, 12)
REMINDED_AT = tuple(
    datetime(2023, month, day, 9, 30, tzinfo=JST) for month, day in ((8, 25), (8, 29), (9, 1))
)
"""The stages −5, −3 and 0 of FORM_DUE_ON; +1 is the day of the demo, left to the planner."""

Notices = Literal["none", "acknowledged", "planned", "half", "all", "no_body"]
ReportStage = Literal[
    "none", "draft", "in_review", "submitted", "returned", "resubmitted", "accepted", "reopened"
]


@dataclass(frozen=True)
class MinistryStory:
    """One ministry's part: how far its notices and its report on the earlier request have come."""

    ministry: str
    domain: str
    notices: Notices
    report: ReportStage
    extended: bool


def ministry_stories() -> list[MinistryStory]:
    """Return the part of each ministry that is asked, in 建制順."""
    return [MinistryStory(**row) for row in demo_rows()["ministries"]]


def demo_rows() -> dict[str, Any]:
    return read_fixture("demo")
