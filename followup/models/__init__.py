"""Models of everything that comes back; one module a subject."""

from followup.models.body_request import BodyRequest, ProposedAnswer
from followup.models.calendar_feed import CalendarFeed
from followup.models.council_rebuild import CouncilRebuild
from followup.models.council_report import CouncilFile, CouncilReport, FileKind, FrozenError, ResultRelease
from followup.models.export import Cadence, ExportLink, ExportRun, ExportSchedule, RunState
from followup.models.extension import ExtensionRequest, ExtensionState
from followup.models.form import (
    CrossCheck,
    FormVersion,
    PublishedFormError,
    Question,
    QuestionType,
    Scope,
)
from followup.models.kept_counts import AnswerChange, AnswerCount, DistinctCount, LedgerChange, LedgerCount
from followup.models.obligation import Obligation, ObligationChange, ReminderPause
from followup.models.reminder import Audience, Reminder, ReminderRule, SpecialDay
from followup.models.report import BodyAnswer, Report, Submission, SubmittedAnswer
from followup.models.review import (
    Doubt,
    DoubtDismissal,
    DraftPoint,
    Examination,
    PointReply,
    ReturnPoint,
)
from followup.models.round import Council, Round
from followup.models.ruling import FigureRuling
from followup.models.workbook import (
    AnswerImport,
    AnswerWorkbook,
    ImportStage,
    WorkbookBundle,
    WorkbookDownload,
)

__all__ = [
    "AnswerChange",
    "AnswerCount",
    "AnswerImport",
    "AnswerWorkbook",
    "Audience",
    "BodyAnswer",
    "BodyRequest",
    "Cadence",
    "CalendarFeed",
    "Council",
    "CouncilFile",
    "CouncilRebuild",
    "CouncilReport",
    "CrossCheck",
    "DistinctCount",
    "Doubt",
    "DoubtDismissal",
    "DraftPoint",
    "Examination",
    "ExportLink",
    "ExportRun",
    "ExportSchedule",
    "ExtensionRequest",
    "ExtensionState",
    "FigureRuling",
    "FileKind",
    "FormVersion",
    "FrozenError",
    "ImportStage",
    "LedgerChange",
    "LedgerCount",
    "Obligation",
    "ObligationChange",
    "PointReply",
    "ProposedAnswer",
    "PublishedFormError",
    "Question",
    "QuestionType",
    "Reminder",
    "ReminderPause",
    "ReminderRule",
    "Report",
    "ResultRelease",
    "ReturnPoint",
    "Round",
    "RunState",
    "Scope",
    "SpecialDay",
    "Submission",
    "SubmittedAnswer",
    "WorkbookBundle",
    "WorkbookDownload",
]
