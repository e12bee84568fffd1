"""The buttons of the page of a review: each reads what was sent and calls one service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.forms import Form

from followup.forms.replies import RepliesForm
from followup.forms.review import ClaimForm, DoubtForm, DoubtsOfKindForm, DropForm, SeenVersionForm
from followup.models import Doubt, DraftPoint, Submission
from followup.rules.doubts import point_on
from followup.services.claims import claim_review, release_review
from followup.services.comments import ask_points, reply_to_points
from followup.services.doubts import dismiss_doubts, examine_submission
from followup.services.points import ReturnPointInput, as_inputs, drop_point, gather_point, gathered_points
from followup.services.review import return_report
from outreach import clock
from outreach.admin.base import StaffRequest
from outreach.services.errors import StaleWrite

RETURN_REASON = "次の点を御確認の上、修正又はその旨の御回答をお願いします。"
"""The reason of a return by one click; what to look at is in its points."""


@dataclass(frozen=True)
class Press:
    """One button: what it sends, and what calls the service and returns the sentence of what was done."""

    form: Callable[..., Form]
    perform: Callable[[StaffRequest, Submission, Any], str]


def _claim(request: StaffRequest, submission: Submission, form: ClaimForm) -> str:
    seen = form.cleaned_data["seen_reviewer"]
    claim_review(report=submission.report, seen_reviewer_pk=seen, actor=request.user, now=clock.now())
    return "確認を始めました。ほかの職員の画面に、確認中と表示されます。"


def _release(request: StaffRequest, submission: Submission, _form: Form) -> str:
    release_review(report=submission.report, actor=request.user, now=clock.now())
    return "確認をやめました。"


def _dismiss(request: StaffRequest, submission: Submission, form: DoubtForm) -> str:
    pks, word = [form.cleaned_data["doubt"]], form.cleaned_data["word"]
    dismiss_doubts(report=submission.report, doubt_pks=pks, word=word, actor=request.user, now=clock.now())
    return "疑義を問題なしとしました。"


def _dismiss_kind(request: StaffRequest, submission: Submission, form: DoubtsOfKindForm) -> str:
    """Dismiss the doubts of the version that was seen; the service tells when it is not the latest."""
    doubts = Doubt.objects.open().filter(
        submission__report=submission.report_id,
        submission__number=form.cleaned_data["seen_number"],
        code=form.cleaned_data["code"],
    )
    count = dismiss_doubts(
        report=submission.report,
        doubt_pks=list(doubts.values_list("pk", flat=True)),
        word=form.cleaned_data["word"],
        actor=request.user,
        now=clock.now(),
    )
    return f"疑義{count:,}件を問題なしとしました。"


def _point_of(submission: Submission, form: DoubtForm) -> ReturnPointInput:
    doubt = Doubt.objects.open().filter(submission=submission, pk=form.cleaned_data["doubt"]).first()
    if doubt is None:
        raise StaleWrite("この疑義は、ほかの職員が処理しました。最新の内容を確かめてください。")
    return ReturnPointInput(doubt.question_key, doubt.notification_id, point_on(doubt.message), doubt.pk)


def _gather_doubt(request: StaffRequest, submission: Submission, form: DoubtForm) -> str:
    gather_point(
        report=submission.report,
        point=_point_of(submission, form),
        seen_number=form.cleaned_data["seen_number"],
        actor=request.user,
        now=clock.now(),
    )
    return "指摘に加えました。差し戻すか、差し戻さずに確認を求めると、府省庁に届きます。"


def _return_doubt(request: StaffRequest, submission: Submission, form: DoubtForm) -> str:
    """Return at once, with this doubt and what had been gathered."""
    doubt = _point_of(submission, form)
    gathered = as_inputs(gathered_points(submission=submission, actor=request.user))
    return_report(
        report=submission.report,
        reason=RETURN_REASON,
        points=[*(point for point in gathered if point.doubt_pk != doubt.doubt_pk), doubt],
        seen_number=form.cleaned_data["seen_number"],
        actor=request.user,
        now=clock.now(),
    )
    return "差し戻しました。府省庁への連絡はまもなく送信されます。"


def _drop(request: StaffRequest, submission: Submission, form: DropForm) -> str:
    draft = DraftPoint.objects.filter(submission=submission, pk=form.cleaned_data["draft"]).first()
    if draft is None:
        raise StaleWrite("この指摘の下書きは、既にありません。")
    drop_point(draft=draft, actor=request.user, now=clock.now())
    return "指摘の下書きを取り消しました。"


def _ask(request: StaffRequest, submission: Submission, form: SeenVersionForm) -> str:
    asked = ask_points(
        report=submission.report,
        points=as_inputs(gathered_points(submission=submission, actor=request.user)),
        seen_number=form.cleaned_data["seen_number"],
        actor=request.user,
        now=clock.now(),
    )
    return f"{len(asked)}件の確認を求めました。府省庁への連絡はまもなく送信されます。"


def _reply(request: StaffRequest, submission: Submission, form: RepliesForm) -> str:
    reply_to_points(report=submission.report, replies=form.replies, actor=request.user, now=clock.now())
    return "コメントを送りました。"


def _examine(request: StaffRequest, submission: Submission, _form: Form) -> str:
    count = examine_submission(submission=submission, actor=request.user, now=clock.now())
    return f"最新の状況で点検しました。加わった疑義は{count:,}件です。"


PRESSES = {
    "claim": Press(ClaimForm, _claim),
    "release": Press(SeenVersionForm, _release),
    "dismiss": Press(DoubtForm, _dismiss),
    "dismiss_kind": Press(DoubtsOfKindForm, _dismiss_kind),
    "gather": Press(DoubtForm, _gather_doubt),
    "return_doubt": Press(DoubtForm, _return_doubt),
    "drop": Press(DropForm, _drop),
    "ask": Press(SeenVersionForm, _ask),
    "examine": Press(SeenVersionForm, _examine),
    "reply": Press(RepliesForm, _reply),
}
