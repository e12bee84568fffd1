"""A small collection whose every figure can be counted by hand."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.db import transaction
from django.test import override_settings

from followup.models import (
    AnswerCount,
    DistinctCount,
    FigureRuling,
    FormVersion,
    LedgerCount,
    Report,
    Round,
    Submission,
    SubmittedAnswer,
)
from followup.rules.figures import Figures
from followup.rules.rulings import RulingKind
from followup.rules.status import RoundStatus
from followup.services.figures import count_figures
from followup.services.forms import create_form_draft, publish_form
from outreach.models import Channel, Notification, User
from tests.factories import NOW, make_officer, make_report, make_round, make_staff

DUE_ON = date(2023, 10, 6)
_receipts = itertools.count(1)


@pytest.fixture(autouse=True)
def _media(settings: LazySettings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def staff() -> User:
    return make_staff()


@pytest.fixture
def collection(staff: User) -> Round:
    """Return a round that asks with the standard form."""
    return make_asking_round(staff)


def make_asking_round(staff: User) -> Round:
    collection = make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)
    draft = create_form_draft(round=collection, actor=staff, now=NOW)
    publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)
    collection.refresh_from_db()
    return collection


@pytest.fixture(scope="module")
def files_of_module(rows_of_module: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let the module's fixtures write files once for all its tests; each test has a copy to spoil."""
    folder = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=folder):
        yield folder


def copy_files(files_of_module: Path) -> None:
    shutil.copytree(files_of_module, settings.MEDIA_ROOT)


def submit(
    report: Report,
    *,
    number: int = 1,
    at: datetime = NOW + timedelta(days=10),
    answers: dict[str, Any] | None = None,
    rows: dict[Notification, dict[str, Any]] | None = None,
    **fields: Any,
) -> Submission:
    """Write one version of a report as it would be after submitting; it becomes the latest."""
    report.submissions.update(is_latest=False)
    submission = Submission.objects.create(
        report=report,
        number=number,
        receipt_number=f"FU6-{next(_receipts)}",
        form_version=FormVersion.objects.filter(round=report.round).latest("number"),
        submitted_at=at,
        submitted_by=make_officer(report.assignment.ministry),
        submitted_by_label="担当 花子",
        due_on=DUE_ON,
        answers=answers or {},
        content_hash="0" * 64,
        **fields,
    )
    SubmittedAnswer.objects.bulk_create(
        SubmittedAnswer(
            submission=submission,
            notification=notification,
            body_name=notification.body.name,
            body_category=notification.body.category,
            template_number=notification.template.number,
            issued_on=notification.issued_on or NOW.date(),
            answers=row,
        )
        for notification, row in (rows or {}).items()
    )
    Report.objects.filter(pk=report.pk).update(status="submitted")
    return submission


def make_ruling(
    report: Report,
    notification: Notification | None,
    key: str,
    submitted: Any,
    corrected: Any,
    *,
    actor: User,
) -> FigureRuling:
    """Leave a submitted value out of the figures, or count another (`corrected`) in its place."""
    return FigureRuling.objects.create(
        report=report,
        notification=notification,
        question_key=key,
        submitted_value=submitted,
        kind=RulingKind.EXCLUDED if corrected is None else RulingKind.CORRECTED,
        corrected_value=corrected,
        reason="電話で確認",
        created_by=actor,
        created_at=NOW,
    )


def owe(collection: Round, **fields: Any) -> Report:
    """Make one more ministry report in the round."""
    return make_report(collection=collection, **({"due_on": DUE_ON} | fields))


def use(notification: Notification, *channels: Channel, other: str = "") -> Notification:
    notification.channels.set(channels)
    Notification.objects.filter(pk=notification.pk).update(channel_other=other)
    return notification


def count_anew(collection: Round, *, now: datetime = NOW) -> Figures:
    """Count every row, as if nothing had ever been kept; what is kept stays."""
    with transaction.atomic():
        for kept in (AnswerCount, LedgerCount, DistinctCount):
            kept.objects.all().delete()
        figures = count_figures(round=collection, now=now)
        transaction.set_rollback(True)
    return figures
