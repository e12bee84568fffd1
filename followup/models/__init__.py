"""Models of everything that comes back; one module a subject."""

from followup.models.council_report import CouncilReport
from followup.models.form import (
    CrossCheck,
    FormVersion,
    PublishedFormError,
    Question,
    QuestionType,
    Scope,
)
from followup.models.reminder import Audience, Reminder, ReminderRule, SpecialDay
from followup.models.report import BodyAnswer, Report, ReturnPoint, Submission, SubmittedAnswer
from followup.models.round import Council, Round

__all__ = [
    "Audience",
    "BodyAnswer",
    "Council",
    "CouncilReport",
    "CrossCheck",
    "FormVersion",
    "PublishedFormError",
    "Question",
    "QuestionType",
    "Reminder",
    "ReminderRule",
    "Report",
    "ReturnPoint",
    "Round",
    "Scope",
    "SpecialDay",
    "Submission",
    "SubmittedAnswer",
]
