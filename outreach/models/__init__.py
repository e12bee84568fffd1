"""Models of everything up to the notice; one module a subject."""

from outreach.models.api_token import ApiToken
from outreach.models.assignment import Assignment, Letter
from outreach.models.audit import AuditEntry, AuditSeal
from outreach.models.body import Body, BodyCategory
from outreach.models.handover import Handover
from outreach.models.mail import SECRET_LINK, MailKind, MailOutage, MailState, OutgoingMail, Settlement
from outreach.models.ministry import Ministry
from outreach.models.notification import Channel, Notification
from outreach.models.request import (
    IssuingOffice,
    KeyFact,
    LetterTemplate,
    Material,
    OutreachRequest,
    TemplateNumber,
    Topic,
    TopicPoint,
)
from outreach.models.task_run import TaskRun
from outreach.models.user import Invitation, Role, User
from outreach.models.work import WorkState

__all__ = [
    "SECRET_LINK",
    "ApiToken",
    "Assignment",
    "AuditEntry",
    "AuditSeal",
    "Body",
    "BodyCategory",
    "Channel",
    "Handover",
    "Invitation",
    "IssuingOffice",
    "KeyFact",
    "Letter",
    "LetterTemplate",
    "MailKind",
    "MailOutage",
    "MailState",
    "Material",
    "Ministry",
    "Notification",
    "OutgoingMail",
    "OutreachRequest",
    "Role",
    "Settlement",
    "TaskRun",
    "TemplateNumber",
    "Topic",
    "TopicPoint",
    "User",
    "WorkState",
]
