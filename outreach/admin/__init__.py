"""The staff's pages of everything up to the notice; one module a subject."""

from outreach.admin.api_token import ApiTokenAdmin
from outreach.admin.audit import AuditEntryAdmin
from outreach.admin.body import BodyAdmin
from outreach.admin.group import GroupAdmin
from outreach.admin.invitation import InvitationAdmin
from outreach.admin.mail import OutgoingMailAdmin
from outreach.admin.notification import ChannelAdmin, LetterAdmin, NotificationAdmin
from outreach.admin.request_parts import IssuingOfficeAdmin, TopicAdmin
from outreach.admin.user import UserAdmin

__all__ = [
    "ApiTokenAdmin",
    "AuditEntryAdmin",
    "BodyAdmin",
    "ChannelAdmin",
    "GroupAdmin",
    "InvitationAdmin",
    "IssuingOfficeAdmin",
    "LetterAdmin",
    "NotificationAdmin",
    "OutgoingMailAdmin",
    "TopicAdmin",
    "UserAdmin",
]
