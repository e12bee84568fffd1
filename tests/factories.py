"""Builders with every argument defaulted: a test names only what it is about."""

from __future__ import annotations

import hashlib
import itertools
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile

from followup.models import (
    BodyRequest,
    Cadence,
    Council,
    CouncilFile,
    CouncilReport,
    ExportRun,
    ExportSchedule,
    FileKind,
    FormVersion,
    Obligation,
    ProposedAnswer,
    Question,
    Reminder,
    ReminderRule,
    Report,
    Round,
    Submission,
)
from followup.rules.obligations import REPORT_DUE
from followup.rules.questions import Answer
from followup.rules.status import RoundStatus
from followup.services.body_requests import Addressee, Wording, ask_bodies
from followup.services.drafts import save_answers
from followup.services.forms import create_form_draft, publish_form
from followup.services.proposals import Respondent, last_proposal, submit_proposal
from followup.services.submissions import submit_report
from outreach.models import (
    Assignment,
    Body,
    BodyCategory,
    Channel,
    IssuingOffice,
    KeyFact,
    LetterTemplate,
    MailKind,
    Material,
    Ministry,
    Notification,
    OutgoingMail,
    OutreachRequest,
    Role,
    TaskRun,
    Topic,
    User,
)

PASSWORD = "correct horse battery staple"
NOW = datetime(2023, 9, 4, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
TODAY = NOW.date()
_numbers = itertools.count(1)


def make_ministry(name: str | None = None, **fields: Any) -> Ministry:
    number = next(_numbers)
    name = name or f"第{number}省"
    defaults = {
        "order": number,
        "abbreviation": name,
        "kind": "省",
        "mailbox": f"box{number}@ministry.example",
    }
    return Ministry.objects.create(name=name, **(defaults | fields))


def make_staff(**fields: Any) -> User:
    """Make a superuser of the issuing side."""
    defaults: dict[str, Any] = {
        "email": f"staff{next(_numbers)}@digital.example",
        "name": "職員 太郎",
        "is_superuser": True,
    }
    return User.objects.create_user(password=PASSWORD, is_staff=True, **(defaults | fields))


def make_officer(ministry: Ministry | None = None, **fields: Any) -> User:
    """Make a coordinator of a ministry (of a new one by default)."""
    defaults = {
        "email": f"officer{next(_numbers)}@ministry.example",
        "name": "担当 花子",
        "role": Role.COORDINATOR,
    }
    return User.objects.create_user(
        password=PASSWORD, ministry=ministry or make_ministry(), **(defaults | fields)
    )


def make_office(**fields: Any) -> IssuingOffice:
    number = next(_numbers)
    return IssuingOffice.objects.create(**({"order": number, "name": f"第{number}室"} | fields))


def make_request(**fields: Any) -> OutreachRequest:
    """Make a letter that has not been issued, with one clause, a key fact, a material and both templates."""
    number = next(_numbers)
    defaults = {
        "key": f"request-{number}",
        "title": "積極的な周知の御協力のお願いについて（依頼）",
        "dated_on": date(2023, 8, 31),
        "text": "周知に御協力くださいますようお願いします。",
    }
    request = OutreachRequest.objects.create(**(defaults | fields))
    office = make_office()
    request.offices.add(office)
    topic = Topic.objects.create(
        request=request, number=1, title="申込期限は2023年9月末までです。", text="本文", office=office
    )
    KeyFact.objects.create(
        topic=topic,
        key="deadline",
        label="申込期限は令和5年9月30日",
        phrasings=["令和５年９月30日", "2023年9月30日"],
        valid_until=date(2023, 9, 30),
    )
    Material.objects.create(
        request=request, order=1, label="資料1", title="広報用ちらし", url="https://www.digital.go.jp/"
    )
    for template_number, audience in ((1, "業界団体等"), (2, "独立行政法人等")):
        LetterTemplate.objects.create(
            request=request,
            number=template_number,
            audience=audience,
            subject="周知への御協力について（依頼）",
            text="{{文書番号}}\n{{発出日}}\n\n{{団体名}}　{{敬称}}\n\n{{府省庁名}}\n\n"
            "申込期限は令和５年９月30日で、延長はありません。\n\n以上",
        )
    return request


def make_assignment(
    ministry: Ministry | None = None, request: OutreachRequest | None = None, **fields: Any
) -> Assignment:
    """Make an assignment of an issued request."""
    request = request or make_request()
    if not request.is_issued:
        request.issued_at, request.issued_by = NOW, make_staff()
        request.save(update_fields=["issued_at", "issued_by"])
    return Assignment.objects.create(
        request=request, ministry=ministry or make_ministry(), **({"created_at": NOW} | fields)
    )


def make_body(ministry: Ministry | None = None, **fields: Any) -> Body:
    defaults = {"name": f"第{next(_numbers)}協会", "category": BodyCategory.INDUSTRY}
    return Body.objects.create(ministry=ministry or make_ministry(), **(defaults | fields))


def make_channel(**fields: Any) -> Channel:
    number = next(_numbers)
    defaults = {"code": f"channel{number}", "label": f"手段{number}", "order": number}
    return Channel.objects.create(**(defaults | fields))


def make_notification(
    assignment: Assignment | None = None, body: Body | None = None, **fields: Any
) -> Notification:
    """Make a body notified on 2023-09-01; issued_on=None makes a planned one."""
    assignment = assignment or make_assignment()
    body = body or make_body(assignment.ministry)
    defaults = {
        "template": assignment.request.letter_templates.get(number=body.proposed_template_number),
        "issued_on": date(2023, 9, 1),
        "recorded_by": make_officer(assignment.ministry),
        "recorded_at": NOW,
    }
    return Notification.objects.create(assignment=assignment, body=body, **(defaults | fields))


def make_round(request: OutreachRequest | None = None, **fields: Any) -> Round:
    """Make a round that is being collected, due on 2023-10-06, with a published form without questions."""
    request = request or make_request()
    council, _created = Council.objects.get_or_create(number=6, defaults={"name": "関係省庁連絡会議"})
    defaults = {"council": council, "status": RoundStatus.OPEN, "due_on": date(2023, 10, 6)}
    collection = Round.objects.create(request=request, **(defaults | fields))
    if collection.status != RoundStatus.FORM_UNDECIDED:
        FormVersion.objects.create(
            round=collection, number=1, published_at=NOW, published_by=make_staff(), content_hash="0" * 64
        )
    return collection


def make_report(ministry: Ministry | None = None, collection: Round | None = None, **fields: Any) -> Report:
    """Make a draft report of a round, due when the round is."""
    collection = collection or make_round()
    assignment = Assignment.objects.filter(
        request=collection.request, ministry=ministry
    ).first() or make_assignment(ministry, collection.request)
    defaults = {"due_on": collection.due_on, "form_version": collection.form_versions.first()}
    return Report.objects.create(round=collection, assignment=assignment, **(defaults | fields))


def make_obligation(report: Report | None = None, **fields: Any) -> Obligation:
    """Make what is kept of a report that is owed, counted from its due date."""
    report = report or make_report()
    defaults = {
        "kind": REPORT_DUE,
        "subject_id": report.pk,
        "ministry": report.assignment.ministry,
        "anchor_on": report.due_on,
        "opened_at": NOW,
    }
    return Obligation.objects.create(report=report, **(defaults | fields))


def make_mail(**fields: Any) -> OutgoingMail:
    """Make a queued mail to an address without an account, due at NOW."""
    number = next(_numbers)
    defaults = {
        "kind": MailKind.FORM,
        "dedupe_key": f"occasion:{number}",
        "message_id": f"<{number}@outreach.example>",
        "to": f"somebody{number}@ministry.example",
        "subject": "件名",
        "body": "本文",
        "why": "試験のため",
        "not_before": NOW,
        "created_at": NOW,
    }
    return OutgoingMail.objects.create(**(defaults | fields))


def make_rule() -> ReminderRule:
    return ReminderRule.objects.create(offset_days=ReminderRule.objects.count(), subject="件名", text="本文")


def make_reminder() -> Reminder:
    return Reminder.objects.create(
        obligation=make_obligation(),
        rule=make_rule(),
        due_on=TODAY,
        recipient="a@ministry.example",
        mail=make_mail(),
        planned_on=TODAY,
    )


def make_task_run(task: str = "deliver_mail", **fields: Any) -> TaskRun:
    """Make a run of a second that found nothing to do, which began at NOW."""
    started_at = fields.get("started_at", NOW)
    defaults = {"host": "worker-1", "started_at": started_at, "ended_at": started_at + timedelta(seconds=1)}
    return TaskRun.objects.create(task=task, **(defaults | fields))


MINISTRY_ANSWERS: dict[str, Answer] = {
    "issue_style": "memo",
    "insurance_methods": ["mail"],
    "account_methods": ["mail"],
}
"""What the standard form asks of a ministry at least (the rest is in the ledger or optional)."""
BODY_ANSWERS: dict[str, Answer] = {
    "reach_status": "done",
    "reached_on": "2023-09-04",
    "reach_channels": ["mail"],
}
"""What the standard form asks of a body at least, when it spread the word."""


def make_asked_report(
    ministry: Ministry | None = None, collection: Round | None = None, *, bodies: int = 2
) -> Report:
    """Make a report that is asked with the published standard form, with bodies notified on 2023-09-01."""
    staff = make_staff()
    collection = collection or make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    report = make_report(ministry, collection)
    for _ in range(bodies):
        make_notification(report.assignment)
    if collection.status == RoundStatus.FORM_UNDECIDED:
        draft = create_form_draft(round=collection, actor=staff, now=NOW)
        publish_form(form_version=draft, due_on=date(2023, 10, 6), actor=staff, now=NOW)
    return Report.objects.get(pk=report.pk)


def make_answered_report(
    ministry: Ministry | None = None, collection: Round | None = None, *, bodies: int = 2
) -> Report:
    """Make a report that may be submitted as it is."""
    report = make_asked_report(ministry, collection, bodies=bodies)
    return save_answers(
        report=report,
        expected_version=report.version,
        ministry_answers=MINISTRY_ANSWERS,
        body_answers={notice.pk: (None, BODY_ANSWERS) for notice in report.assignment.notifications.all()},
        actor=make_officer(report.assignment.ministry),
        now=NOW,
    )


def make_submission(report: Report | None = None, actor: User | None = None) -> Submission:
    """Make the next version of a report (of a new one by default)."""
    report = report or make_answered_report()
    return submit_report(
        report=report,
        expected_version=Report.objects.get(pk=report.pk).version,
        actor=actor or make_officer(report.assignment.ministry),
        now=NOW,
    )


def ask_again(report: Report, **fields: Any) -> None:
    """Submit a report, then ask again only for a question that its form did not have (visits)."""
    make_submission(report)
    staff = make_staff()
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)
    question = {"scope": "body", "type": "integer", "label": "訪問回数", "order": 900} | fields
    Question.objects.create(form_version=draft, key="visits", **question)
    publish_form(form_version=draft, due_on=date(2023, 10, 13), asks_submitted=True, actor=staff, now=NOW)


def make_body_request(
    report: Report | None = None, notification: Notification | None = None, **fields: Any
) -> BodyRequest:
    """Ask a body (the report's first by default) for its row by 2023-09-29, at NOW."""
    report = report or make_asked_report(bodies=1)
    notification = notification or report.assignment.notifications.order_by("pk")[0]
    number = next(_numbers)
    addressee = Addressee(notification.pk, fields.pop("email", f"body{number}@dantai.example"))
    now = fields.pop("now", NOW)
    actor = fields.pop("actor", None) or make_officer(report.assignment.ministry)
    defaults: dict[str, Any] = {
        "due_on": date(2023, 9, 29),
        "contact_name": "総務課　担当",
        "contact_email": "contact@ministry.example",
    }
    wording = Wording(**(defaults | fields))
    [asked] = ask_bodies(report=report, addressees=[addressee], wording=wording, actor=actor, now=now)
    return asked


def make_proposal(
    body_request: BodyRequest | None = None, answers: dict[str, Answer] | None = None, **fields: Any
) -> ProposedAnswer:
    """Let a body answer; again, it corrects what it answered before."""
    body_request = body_request or make_body_request()
    last = last_proposal(body_request)
    now = fields.pop("now", NOW)
    respondent = {"name": "協会 花子", "contact": "03-0000-0000"}
    return submit_proposal(
        body_request=body_request,
        seen_number=last.number if last else None,
        answers=BODY_ANSWERS if answers is None else answers,
        respondent=Respondent(**(respondent | fields)),
        now=now,
    )


def make_council_report(collection: Round | None = None, **fields: Any) -> CouncilReport:
    """Make an order for a council report, which no worker has taken yet."""
    defaults: dict[str, Any] = {"as_of": NOW, "requested_at": NOW, "requested_by": None}
    return CouncilReport.objects.create(round=collection or make_round(), **(defaults | fields))


def make_council_file(report: CouncilReport, kind: str = FileKind.DATA, **fields: Any) -> CouncilFile:
    """Make a file of a report that is not done yet; its content is its name unless it is given."""
    name = fields.pop("name", f"{report.pk}-{kind}.xlsx")
    content = fields.pop("content", name.encode())
    defaults = {
        "file": ContentFile(content, name=f"{report.pk}-{kind}.xlsx"),
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
    }
    return CouncilFile.objects.create(report=report, kind=kind, name=name, **(defaults | fields))


def make_frozen_report(collection: Round | None = None, **fields: Any) -> CouncilReport:
    """Make a finished council report with a data workbook and a paper that nobody built."""
    report = make_council_report(collection, state="running", **fields)
    for kind in (FileKind.DATA, FileKind.PAPER):
        make_council_file(report, kind)
    CouncilReport.objects.filter(pk=report.pk).update(state="done", progress=100, finished_at=NOW)
    report.refresh_from_db()
    return report


def make_export_schedule(**fields: Any) -> ExportSchedule:
    """Make a 定期送付 on Mondays and Thursdays at ten, to two addresses, which counts from last Friday."""
    defaults: dict[str, Any] = {
        "name": f"定期送付{next(_numbers)}",
        "cadence": Cadence.WEEKLY,
        "weekdays": "03",
        "send_at": time(10, 0),
        "recipients": "chair@council.example\nmember@council.example",
        "counts_from": NOW - timedelta(days=3),
    }
    defaults |= fields
    defaults["round"] = defaults.get("round") or make_round()
    defaults["created_by"] = defaults.get("created_by") or make_staff()
    return ExportSchedule.objects.create(**defaults)


def make_export_run(schedule: ExportSchedule | None = None, **fields: Any) -> ExportRun:
    """Make a run of today whose result has been ordered."""
    schedule = schedule or make_export_schedule()
    report = fields.pop("report", None) or make_council_report(schedule.round)
    return ExportRun.objects.create(
        schedule=schedule, report=report, **({"run_on": TODAY, "ordered_at": NOW} | fields)
    )
