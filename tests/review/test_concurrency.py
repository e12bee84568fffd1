"""Two reviewers at the same moment, on a real PostgreSQL: one decides, and the other is told."""

from __future__ import annotations

import pytest

from followup.models import Doubt, DoubtDismissal, Examination, Report
from followup.rules.doubts import DoubtCode
from followup.rules.status import ReportStatus
from followup.services.doubts import dismiss_doubts, examine_submission
from followup.services.review import AcceptedTogether, accept_reports, return_report
from outreach.models import OutgoingMail
from outreach.services.errors import Refusal, StaleWrite
from tests.factories import NOW, make_staff, make_submission
from tests.followup.test_concurrency import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_bulk_accept_and_a_return_at_once_leave_one_decision_for_each_report() -> None:
    reports = [make_submission().report for _ in range(4)]
    first, second = make_staff(), make_staff()

    together, returned = at_once(
        lambda: accept_reports(seen=[(report, 1) for report in reports], actor=first, now=NOW),
        lambda: return_report(report=reports[-1], reason="確認してください。", actor=second, now=NOW),
    )

    assert isinstance(together, AcceptedTogether)
    status = Report.objects.get(pk=reports[-1].pk).status
    is_accepted = status == ReportStatus.ACCEPTED
    assert isinstance(returned, Refusal) is is_accepted
    assert [report.pk for report, _why in together.skipped] == ([] if is_accepted else [reports[-1].pk])
    assert OutgoingMail.objects.filter(kind="returned").exists() is not is_accepted
    assert Report.objects.filter(status=ReportStatus.ACCEPTED).count() == len(together.accepted)


def test_two_who_dismiss_one_doubt_at_once_leave_one_word() -> None:
    submission = make_submission()
    doubt = Doubt.objects.create(submission=submission, code=DoubtCode.UNANSWERED, message="未回答です。")

    results = at_once(
        *(
            lambda word=word: dismiss_doubts(
                report=submission.report, doubt_pks=[doubt.pk], word=word, actor=make_staff(), now=NOW
            )
            for word in ("一人目", "二人目")
        )
    )

    assert [isinstance(result, StaleWrite) for result in results].count(True) == 1
    assert DoubtDismissal.objects.count() == 1


def test_two_workers_examine_a_version_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("followup.services.submissions.EXAMINED_AT_ONCE", 0)
    submission = make_submission()

    at_once(*[lambda: examine_submission(submission=submission, now=NOW)] * 2)

    assert Examination.objects.count() == 1
