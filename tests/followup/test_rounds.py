"""What staff do to a round: form, due dates, opening and closing; and the obligation that issuing makes."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import transaction

from followup.models import Council, FormVersion, PublishedFormError, Question, Report, Round
from followup.rules.status import ReportStatus, RoundStatus
from followup.services.drafts import save_answers
from followup.services.extensions import extend_due_date
from followup.services.forms import FormNotReady, create_form_draft, publish_form
from followup.services.issue import issue, issue_more
from followup.services.review import accept_report
from followup.services.rounds import close_round, fix_round, resume_round
from outreach.models import AuditEntry, MailKind, OutgoingMail, User
from outreach.services.errors import NotAllowed, Refusal
from tests.factories import (
    NOW,
    make_asked_report,
    make_ministry,
    make_officer,
    make_report,
    make_request,
    make_round,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db
DUE_ON = date(2023, 10, 6)


@pytest.fixture
def staff() -> User:
    return make_staff()


def undecided_round() -> Round:
    return make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None)


def council() -> Council:
    return Council.objects.create(number=6, name="関係省庁連絡会議")


def test_issuing_a_request_makes_every_ministry_owe_a_report(staff: User) -> None:
    ministries = [make_ministry(), make_ministry()]

    collection = issue(request=make_request(), ministries=ministries, council=council(), actor=staff, now=NOW)

    reports = collection.reports.order_by("pk")
    assert collection.status == RoundStatus.FORM_UNDECIDED
    assert [report.assignment.ministry for report in reports] == ministries
    assert {(report.status, report.due_on, report.form_version) for report in reports} == {
        (ReportStatus.DRAFT, None, None)
    }


def test_a_ministry_added_after_publication_is_asked_at_once(staff: User) -> None:
    collection = issue(
        request=make_request(), ministries=[make_ministry()], council=council(), actor=staff, now=NOW
    )
    draft = create_form_draft(round=collection, actor=staff, now=NOW)
    publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)
    late = make_ministry()

    [report] = issue_more(request=collection.request, ministries=[late], actor=staff, now=NOW)

    assert (report.due_on, report.form_version) == (DUE_ON, draft)
    assert OutgoingMail.objects.filter(ministry=late, kind=MailKind.FORM).count() == 1


def test_no_ministry_is_added_to_a_closed_round(staff: User) -> None:
    report = make_asked_report()
    close_round(round=report.round, actor=staff, now=NOW)

    with pytest.raises(Refusal, match="受付中でない"):
        issue_more(request=report.round.request, ministries=[make_ministry()], actor=staff, now=NOW)


def test_the_first_draft_is_the_standard_form_and_may_be_published_as_it_is(staff: User) -> None:
    draft = create_form_draft(round=undecided_round(), actor=staff, now=NOW)

    assert (draft.number, draft.is_published) == (1, False)
    assert draft.questions.count() == len(draft.spec().questions) > 20
    assert draft.cross_checks.count() == 1
    assert draft.instructions


def test_a_round_has_one_draft_at_a_time(staff: User) -> None:
    collection = undecided_round()
    create_form_draft(round=collection, actor=staff, now=NOW)

    with pytest.raises(Refusal, match="公開前の様式が既にあります"):
        create_form_draft(round=collection, actor=staff, now=NOW)


def test_publishing_opens_the_round_pins_the_reports_and_mails_each_officer(staff: User) -> None:
    report = make_report(collection=undecided_round())
    officer = make_officer(report.assignment.ministry)
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)

    published = publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)

    report = Report.objects.get()
    mail = OutgoingMail.objects.get(kind=MailKind.FORM, recipient=officer)
    assert report.round.status == RoundStatus.OPEN
    assert (report.form_version, report.due_on) == (published, DUE_ON)
    assert published.content_hash == published.spec().content_hash()
    assert mail.subject.startswith("【10/6〆】")
    assert "令和5年10月6日（金）" in mail.body
    assert f"/portal/reports/{report.pk}/" in mail.body
    assert "&" not in mail.subject


def test_a_published_form_never_changes(staff: User) -> None:
    version = make_asked_report().form_version
    assert version is not None
    question = version.questions.earliest("pk")
    check = version.cross_checks.get()
    question.label = check.message = version.instructions = "変更"

    for change in (
        question.save,
        question.delete,
        check.save,
        version.save,
        version.delete,
        lambda: version.questions.update(label="変更"),
        lambda: Question.objects.filter(form_version=version).delete(),
        lambda: version.questions.create(order=1, key="new", scope="body", type="integer", label="新"),
        lambda: Question.objects.bulk_create(
            [Question(form_version=version, order=1, key="new", label="新")]
        ),
        lambda: Question.objects.filter(form_version=version).bulk_update([question], ["label"]),
    ):
        with pytest.raises(PublishedFormError), transaction.atomic():
            change()

    fresh = FormVersion.objects.get(pk=version.pk)
    assert fresh.content_hash == fresh.spec().content_hash()


def test_a_form_is_published_once(staff: User) -> None:
    report = make_report(collection=undecided_round())
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)
    publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)

    with pytest.raises(Refusal, match="既に公開"):
        publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)


def test_a_form_with_problems_is_refused_with_all_of_them(staff: User) -> None:
    draft = create_form_draft(round=undecided_round(), actor=staff, now=NOW)
    draft.questions.filter(key="reach_status").update(choices=[])
    draft.questions.filter(key="member_count").delete()

    with pytest.raises(FormNotReady) as refusal:
        publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)

    assert len(refusal.value.problems) == 2
    assert not FormVersion.objects.published().exists()


def test_a_due_date_in_the_past_is_refused(staff: User) -> None:
    draft = create_form_draft(round=undecided_round(), actor=staff, now=NOW)

    with pytest.raises(Refusal, match="本日以降"):
        publish_form(form_version=draft, due_on=date(2023, 9, 3), actor=staff, now=NOW)


def test_a_second_version_reaches_drafts_and_leaves_submitted_reports_with_theirs(staff: User) -> None:
    draft_report = make_asked_report()
    collection = draft_report.round
    submitted = make_submission().report
    Report.objects.filter(pk=submitted.pk).update(round=collection, form_version=draft_report.form_version)
    second = create_form_draft(round=collection, actor=staff, now=NOW)

    publish_form(form_version=second, due_on=DUE_ON, actor=staff, now=NOW)

    assert second.number == 2
    assert Report.objects.get(pk=draft_report.pk).form_version == second
    assert Report.objects.get(pk=submitted.pk).form_version == draft_report.form_version


def test_answers_to_questions_that_a_version_dropped_wait_for_one_that_asks_them_again(staff: User) -> None:
    report = make_asked_report()
    officer = make_officer(report.assignment.ministry)
    save_answers(
        report=report,
        expected_version=report.version,
        ministry_answers={"insurance_staff": 100},
        body_answers={},
        actor=officer,
        now=NOW,
    )
    second = create_form_draft(round=report.round, actor=staff, now=NOW)
    second.questions.filter(key="insurance_staff").delete()
    publish_form(form_version=second, due_on=DUE_ON, actor=staff, now=NOW)
    report = Report.objects.get(pk=report.pk)

    saved = save_answers(
        report=report,
        expected_version=report.version,
        ministry_answers={"account_staff": 5},
        body_answers={},
        actor=officer,
        now=NOW,
    )

    assert saved.answers == {"insurance_staff": 100, "account_staff": 5}


def test_a_longer_extension_outlives_a_new_due_date_and_a_shorter_one_does_not(staff: User) -> None:
    report = make_asked_report()
    other = make_report(collection=report.round)
    for extended, day in ((report, 20), (other, 10)):
        extend_due_date(
            report=extended, due_on=date(2023, 10, day), reason="集計のため", actor=staff, now=NOW
        )
    second = create_form_draft(round=report.round, actor=staff, now=NOW)

    publish_form(form_version=second, due_on=date(2023, 10, 13), actor=staff, now=NOW)

    assert Report.objects.get(pk=report.pk).due_on == date(2023, 10, 20)
    assert Report.objects.get(pk=other.pk).due_on == date(2023, 10, 13)


def test_an_extension_needs_a_later_day_and_a_reason_and_is_recorded(staff: User) -> None:
    report = make_asked_report()

    for due_on, reason in ((DUE_ON, "理由"), (date(2023, 9, 1), "理由"), (date(2023, 10, 13), "　")):
        with pytest.raises(Refusal):
            extend_due_date(report=report, due_on=due_on, reason=reason, actor=staff, now=NOW)
    extend_due_date(report=report, due_on=date(2023, 10, 13), reason="集計のため", actor=staff, now=NOW)

    entry = AuditEntry.objects.get(action="回答期限を延長")
    due = "回答期限（延長後）"
    assert (entry.before, entry.after) == ({due: "2023-10-06"}, {due: "2023-10-13"})
    assert (entry.reason, entry.ministry) == ("集計のため", report.assignment.ministry)


def test_a_submitted_report_needs_no_extension(staff: User) -> None:
    submission = make_submission()

    with pytest.raises(Refusal, match="既に提出"):
        extend_due_date(
            report=submission.report, due_on=date(2023, 10, 13), reason="集計", actor=staff, now=NOW
        )


def test_a_round_is_closed_resumed_with_a_reason_and_fixed(staff: User) -> None:
    collection = make_asked_report().round

    with pytest.raises(Refusal):
        fix_round(round=collection, actor=staff, now=NOW)
    close_round(round=collection, actor=staff, now=NOW)
    with pytest.raises(Refusal, match="理由"):
        resume_round(round=collection, reason="", actor=staff, now=NOW)
    resume_round(round=collection, reason="1省の差替えのため", actor=staff, now=NOW)
    close_round(round=collection, actor=staff, now=NOW)
    fixed = fix_round(round=collection, actor=staff, now=NOW)

    assert fixed.status == RoundStatus.FIXED
    with pytest.raises(Refusal):
        resume_round(round=collection, reason="理由", actor=staff, now=NOW)


def test_a_round_is_not_fixed_while_a_submitted_report_waits(staff: User) -> None:
    submission = make_submission()
    collection = submission.report.round
    close_round(round=collection, actor=staff, now=NOW)

    with pytest.raises(Refusal, match="1件"):
        fix_round(round=collection, actor=staff, now=NOW)
    accept_report(report=submission.report, actor=staff, now=NOW)

    assert fix_round(round=collection, actor=staff, now=NOW).status == RoundStatus.FIXED


def test_officers_do_nothing_to_a_round() -> None:
    report = make_asked_report()
    officer = make_officer(report.assignment.ministry)

    for refused in (
        lambda: close_round(round=report.round, actor=officer, now=NOW),
        lambda: create_form_draft(round=report.round, actor=officer, now=NOW),
        lambda: extend_due_date(
            report=report, due_on=date(2023, 11, 1), reason="理由", actor=officer, now=NOW
        ),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_an_extension_is_told_to_the_ministry_by_mail(staff: User) -> None:
    report = make_asked_report()
    officer = make_officer(report.assignment.ministry)

    extend_due_date(report=report, due_on=date(2023, 10, 13), reason="集計のため", actor=staff, now=NOW)

    mail = OutgoingMail.objects.get(kind=MailKind.EXTENDED, recipient=officer)
    assert mail.subject == "【期限延長 10/13】フォローアップの回答期限について（お知らせ）"
    assert "延長後の回答期限：令和5年10月13日（金）" in mail.body
    assert "延長前の回答期限：令和5年10月6日（金）" in mail.body
    assert "理由：集計のため" in mail.body


def test_a_new_version_is_mailed_to_those_who_are_asked_with_it_only(staff: User) -> None:
    submission = make_submission()
    collection = submission.report.round
    owing = make_report(collection=collection)
    draft = create_form_draft(round=collection, actor=staff, now=NOW)

    published = publish_form(form_version=draft, due_on=DUE_ON, actor=staff, now=NOW)

    mails = OutgoingMail.objects.filter(dedupe_key__startswith=f"form:{published.pk}:")
    assert {mail.ministry for mail in mails} == {owing.assignment.ministry}
    assert Report.objects.get(pk=submission.report_id).form_version == submission.form_version
