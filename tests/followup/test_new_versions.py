"""A later version of a form: what becomes of drafts, and what is asked of who already submitted."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pytest
from openpyxl import load_workbook

from followup.models import BodyAnswer, FormVersion, Question, Report, Submission
from followup.rules.due import Due
from followup.rules.status import ReportStatus
from followup.services.contents import report_content
from followup.services.drafts import save_answers
from followup.services.form_changes import CARRIED, REMOVED_ANSWER, UNFIT, changes_of_report
from followup.services.forms import FormNotReady, create_form_draft, publish_form
from followup.services.publishing import preview_publish
from followup.services.reports import declare_no_body_report
from followup.services.review import accept_report, return_report
from followup.services.submissions import submit_report
from followup.services.summaries import progress_of
from outreach.models import MailKind, OutgoingMail, User
from outreach.services.errors import Refusal
from tests.answer_workbook.books import written
from tests.factories import (
    MINISTRY_ANSWERS,
    NOW,
    make_answered_report,
    make_asked_report,
    make_notification,
    make_officer,
    make_staff,
    make_submission,
)

pytestmark = pytest.mark.django_db
DUE_ON = date(2023, 10, 13)

Edit = Callable[[FormVersion], object]


def publish_next(report: Report, *edits: Edit, asks_submitted: bool = False) -> FormVersion:
    """Publish the next version of a report's form with some edits."""
    staff = make_staff()
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)
    for edit in edits:
        edit(draft)
    return publish_form(
        form_version=draft, due_on=DUE_ON, asks_submitted=asks_submitted, actor=staff, now=NOW
    )


def add(key: str = "training", **fields: object) -> Edit:
    defaults = {
        "order": 900,
        "scope": "ministry",
        "type": "boolean",
        "label": "研修の実施",
        "required": True,
    }
    return lambda draft: Question.objects.create(form_version=draft, key=key, **(defaults | fields))


def change(key: str, **fields: object) -> Edit:
    return lambda draft: draft.questions.filter(key=key).update(**fields)


def remove(key: str) -> Edit:
    return lambda draft: draft.questions.filter(key=key).delete()


def drop_choice(key: str, code: str) -> Edit:
    def edit(draft: FormVersion) -> None:
        question = draft.questions.get(key=key)
        question.choices = [choice for choice in question.choices if choice["code"] != code]
        question.save(update_fields=["choices"])

    return edit


def officer_of(report: Report) -> User:
    return make_officer(report.assignment.ministry)


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def save(
    report: Report, ministry: dict[str, object] | None = None, row: dict[str, object] | None = None
) -> Report:
    content = report_content(fresh(report))
    rows = {}
    if row is not None:
        first = content.rows[0]
        rows = {first.pk: (first.version, row)}
    return save_answers(
        report=report,
        expected_version=fresh(report).version,
        ministry_answers=ministry,  # type: ignore[arg-type]
        body_answers=rows,  # type: ignore[arg-type]
        actor=officer_of(report),
        now=NOW,
    )


def submitted(*, accepted: bool = False) -> Report:
    submission = make_submission()
    if accepted:
        accept_report(report=submission.report, actor=make_staff(), now=NOW)
    return fresh(submission.report)


# Drafts


def test_an_answer_that_no_longer_fits_is_none_and_stays_stored_until_overwritten() -> None:
    report = make_answered_report(bodies=1)
    publish_next(report, drop_choice("issue_style", "memo"), drop_choice("reach_status", "done"))

    content = report_content(fresh(report))
    assert "issue_style" not in content.answers
    assert content.rows[0].answers == {}
    assert {problem.key for problem in content.problems()} == {"issue_style", "reach_status"}

    save(report, ministry={**content.answers, "insurance_staff": 5}, row={"reach_status": "undecided"})
    assert fresh(report).answers["issue_style"] == "memo"
    assert BodyAnswer.objects.get().answers == {
        "reach_status": "undecided",
        "reached_on": "2023-09-04",
        "reach_channels": ["mail"],
    }

    save(report, ministry={**content.answers, "issue_style": "mail"})
    assert fresh(report).answers["issue_style"] == "mail"


def test_an_answer_to_a_body_of_another_category_is_kept_when_its_row_is_saved() -> None:
    report = make_answered_report(bodies=1)
    save(report, row={"reach_status": "undecided", "good_practice": "会報に掲載"})
    publish_next(report, change("good_practice", categories=["special"]))

    save(report, row={"reach_status": "not_planned", "not_reached_reason": "理由"})

    assert BodyAnswer.objects.get().answers["good_practice"] == "会報に掲載"


def test_the_comparison_tells_what_became_of_each_answer() -> None:
    report = make_answered_report(bodies=1)
    save(report, ministry={**report_content(fresh(report)).answers, "insurance_staff": 1200})
    publish_next(
        report,
        add(),
        drop_choice("issue_style", "memo"),
        remove("insurance_staff"),
        drop_choice("reach_channels", "mail"),
    )

    changes = changes_of_report(fresh(report))

    assert changes is not None
    told = {row.change.question.key: (row.answer, row.fate) for row in changes.ministry}
    assert told["issue_style"] == ("事務連絡", UNFIT)
    assert told["insurance_staff"] == ("1,200人", REMOVED_ANSWER)
    assert told["insurance_methods"] == ("メール", CARRIED)
    assert told["training"][0] == ""
    [row] = changes.rows
    assert [(answer.answer, answer.fate) for answer in row.answers] == [("メール", UNFIT)]


def test_two_versions_on_the_first_one_is_still_what_is_compared_with() -> None:
    report = make_answered_report(bodies=1)
    first = report.form_version
    publish_next(report, change("issue_style", label="発出の形式"))
    publish_next(report, add())

    changes = changes_of_report(fresh(report))

    assert changes is not None
    assert changes.previous == first
    [changed] = [row for row in changes.ministry if row.change.is_changed]
    assert [(d.name, d.old, d.new) for d in changed.differences] == [("設問", "発出形式", "発出の形式")]


def test_a_report_returned_after_a_new_version_shows_what_changed() -> None:
    report = submitted()
    first = report.form_version
    publish_next(report, add())

    return_report(report=report, reason="確認してください", actor=make_staff(), now=NOW)

    assert fresh(report).previous_form == first
    assert fresh(report).form_version != first


@pytest.mark.parametrize("fields", [{"type": "long_text"}, {"scope": "body", "prefill": ""}])
def test_a_published_key_keeps_its_type_and_scope(fields: dict[str, str]) -> None:
    report = make_asked_report()

    with pytest.raises(FormNotReady, match="「insurance_on」の種類や単位"):
        publish_next(report, change("insurance_on", **fields))


# Who already submitted


@pytest.mark.parametrize("accepted", [False, True])
def test_who_submitted_is_asked_only_for_what_is_new(accepted: bool) -> None:
    report = submitted(accepted=accepted)
    before = report_content(report)

    version = publish_next(
        report, add(), change("insurance_staff", label="対象の職員の数"), asks_submitted=True
    )

    report = fresh(report)
    content = report_content(report)
    assert (report.status, report.form_version) == (ReportStatus.DRAFT, version)
    assert report.asked_keys == ["insurance_staff", "training"]
    assert content.answers == before.answers
    assert [(problem.key, problem.row) for problem in content.problems()] == [("training", None)]
    assert (progress_of(content).ministry_answered, progress_of(content).ministry_asked) == (0, 2)
    mail = OutgoingMail.objects.filter(kind=MailKind.FORM, subject__contains="追加の設問").earliest("pk")
    assert "・対象の職員の数\n・研修の実施\n" in mail.body
    assert mail.subject.startswith("【10/13〆】フォローアップの追加の設問")


def test_the_additional_answers_make_the_next_version_with_the_old_ones() -> None:
    report = submitted()
    first = report.submissions.get()
    publish_next(report, add(), asks_submitted=True)

    save(report, ministry={**report_content(fresh(report)).answers, "training": True})
    submit_report(report=report, expected_version=fresh(report).version, actor=officer_of(report), now=NOW)

    second = Submission.objects.get(report=report, is_latest=True)
    assert second.number == 2
    assert second.answers == {**first.answers, "training": True}
    assert list(second.rows.values_list("answers", flat=True)) == list(
        first.rows.values_list("answers", flat=True)
    )
    assert (fresh(report).asked_keys, fresh(report).previous_form) == ([], None)


def test_what_is_not_asked_again_cannot_be_changed() -> None:
    report = submitted()
    publish_next(report, add(), asks_submitted=True)
    answers = report_content(fresh(report)).answers

    with pytest.raises(Refusal, match="追加で回答を求められている設問だけ"):
        save(report, ministry={**answers, "issue_style": "mail"})
    with pytest.raises(Refusal, match="追加で回答を求められている設問だけ"):
        save(report, row={"reach_status": "undecided"})

    assert fresh(report).answers["issue_style"] == "memo"


def test_the_answer_workbook_opens_only_the_additional_questions() -> None:
    report = submitted()
    publish_next(
        report,
        add(),
        add("visits", order=910, scope="body", type="integer", label="訪問回数"),
        asks_submitted=True,
    )

    book = load_workbook(io.BytesIO(written(report_content(fresh(report)))))

    own = {row[0].value: row for row in book["府省庁回答"].iter_rows() if row[0].value}
    assert not own["training"][4].protection.locked
    assert own["issue_style"][4].protection.locked
    assert own["issue_style"][8].value == "提出済み（変更不要）"
    bodies = book["団体別回答"]
    columns = {str(cell.value): cell.column for cell in bodies[1]}
    first = next(row for row in range(2, 20) if isinstance(bodies.cell(row, 1).value, int))
    assert not bodies.cell(first, columns["visits"]).protection.locked
    assert bodies.cell(first, columns["reach_status"]).protection.locked


def test_a_body_notified_since_is_asked_everything() -> None:
    report = submitted()
    publish_next(report, add("visits", scope="body", type="integer", label="訪問回数"), asks_submitted=True)
    late = make_notification(report.assignment)

    rows = {row.pk: row for row in report_content(fresh(report)).rows}

    assert rows.pop(late.pk).asked_keys is None
    assert {row.asked_keys for row in rows.values()} == {frozenset({"visits"})}


def test_a_question_that_hangs_on_a_changed_one_is_asked_with_it() -> None:
    report = submitted()

    publish_next(report, change("reach_status", label="周知の状況"), asks_submitted=True)

    assert {"reach_status", "reached_on", "reach_channels"} <= set(fresh(report).asked_keys)
    assert "forwarded" in fresh(report).asked_keys
    assert "obstacle" not in fresh(report).asked_keys


def test_what_a_changed_answer_of_the_ledger_brings_up_can_be_answered() -> None:
    report = make_asked_report(bodies=0)
    save(report, ministry={key: MINISTRY_ANSWERS[key] for key in ("insurance_methods", "account_methods")})
    declare_no_body_report(
        report=fresh(report), reason="該当する団体がないため。", actor=officer_of(report), now=NOW
    )
    make_submission(report)
    publish_next(report, add(), asks_submitted=True)
    declare_no_body_report(report=fresh(report), reason="", actor=officer_of(report), now=NOW)
    make_notification(report.assignment)

    content = report_content(fresh(report))

    missing = [problem.key for problem in content.problems() if problem.row is None]
    assert "issue_style" in missing
    assert [key for key in missing if not content.asks(key)] == []


def test_who_is_not_concerned_is_left_in_peace() -> None:
    report = submitted()

    publish_next(
        report,
        add("visits", scope="body", type="integer", label="訪問回数", categories=["special"]),
        change("issue_style", section="別の見出し", example="公文書"),
        asks_submitted=True,
    )

    assert (fresh(report).status, fresh(report).asked_keys) == (ReportStatus.SUBMITTED, [])


def test_without_the_choice_submitted_reports_stay_as_they_are() -> None:
    report = submitted()

    publish_next(report, add())

    assert (fresh(report).status, fresh(report).asked_keys) == (ReportStatus.SUBMITTED, [])
    assert not OutgoingMail.objects.filter(subject__contains="追加の設問").exists()


@pytest.mark.parametrize(("again", "keys"), [(False, []), (True, ["training", "visits"])])
def test_a_further_version_takes_the_additional_questions_back_or_renews_them(
    again: bool,
    keys: list[str],
) -> None:
    report = submitted()
    publish_next(report, add(), asks_submitted=True)

    publish_next(report, add("visits", order=910, type="integer", label="訪問回数"), asks_submitted=again)

    assert (fresh(report).status, fresh(report).asked_keys) == (ReportStatus.DRAFT, keys)


def test_the_impact_shows_what_changes_and_whom_it_brings_back() -> None:
    report = submitted()
    staff = make_staff()
    draft = create_form_draft(round=report.round, actor=staff, now=NOW)
    for edit in (
        add(),
        change("issue_style", label="発出の形式", required=False),
        drop_choice("reach_channels", "mail"),
        change("member_count", maximum=1000),
    ):
        edit(draft)

    preview = preview_publish(form_version=draft, due=Due(DUE_ON))

    differences = preview.differences
    told = {
        (changed.question.key, d.name): (d.old, d.new)
        for changed in differences.changed
        for d in changed.differences
    }
    assert [question.key for question in differences.added] == ["training"]
    assert told == {
        ("issue_style", "設問"): ("発出形式", "発出の形式"),
        ("issue_style", "必須"): ("必須", "任意"),
        ("reach_channels", "選択肢の削除"): ("メール", ""),
        ("member_count", "最大値"): ("", "1,000"),
    }
    assert preview.again.reports == 1
    assert "研修の実施" in preview.again.body
    assert "令和5年10月13日（金）" in preview.again.body
