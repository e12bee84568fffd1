"""The staff's pages of what comes back, and of what shows both; one module a subject."""

from followup.admin.assignment import AssignmentAdmin
from followup.admin.council import CouncilAdmin, CouncilReportAdmin
from followup.admin.exports import ExportLinkAdmin, ExportRunAdmin, ExportScheduleAdmin
from followup.admin.extension import ExtensionRequestAdmin
from followup.admin.figure_ruling import FigureRulingAdmin
from followup.admin.form_version import FormVersionAdmin
from followup.admin.handover import HandoverAdmin
from followup.admin.ministry import MinistryAdmin
from followup.admin.operation import TaskRunAdmin
from followup.admin.reminder import ReminderAdmin, ReminderRuleAdmin
from followup.admin.report import ReportAdmin
from followup.admin.request import OutreachRequestAdmin
from followup.admin.round import RoundAdmin
from followup.admin.special_day import SpecialDayAdmin
from followup.admin.submission import SubmissionAdmin
from followup.admin.workbook_bundle import WorkbookBundleAdmin

__all__ = [
    "AssignmentAdmin",
    "CouncilAdmin",
    "CouncilReportAdmin",
    "ExportLinkAdmin",
    "ExportRunAdmin",
    "ExportScheduleAdmin",
    "ExtensionRequestAdmin",
    "FigureRulingAdmin",
    "FormVersionAdmin",
    "HandoverAdmin",
    "MinistryAdmin",
    "OutreachRequestAdmin",
    "ReminderAdmin",
    "ReminderRuleAdmin",
    "ReportAdmin",
    "RoundAdmin",
    "SpecialDayAdmin",
    "SubmissionAdmin",
    "TaskRunAdmin",
    "WorkbookBundleAdmin",
]
