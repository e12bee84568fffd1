"""集計上の取扱い: the list of rulings on submitted values, the page to set one, and its withdrawal."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from followup.admin.filters import RoundFilter
from followup.forms.rulings import RulingForm
from followup.models import FigureRuling, Submission
from followup.rules.answer_texts import value_text
from followup.rules.questions import Answer, QuestionSpec
from followup.rules.rulings import RulingKind
from followup.services.rulings import Cell, active_ruling, find_cell, rule_on_value, withdraw_ruling
from outreach import clock
from outreach.admin.base import ReadOnly, StaffRequest, staff_page, status_tag, wareki
from outreach.admin.steps import ReasonForm, StepPage, StepsAdmin
from outreach.rules.wareki import format_wareki_at
from outreach.services.errors import Refusal, StaleWrite

ADD, CHANGE = "followup.add_figureruling", "followup.change_figureruling"
CREATED = wareki("created_at", "定めた日時")
WITHDRAWN = wareki("withdrawn_at", "取消しの日時")
VALUE_SHOWN, REASON_SHOWN = 40, 60
"""Of a value and a reason, what the list shows; the page of the ruling has the whole."""
APPLYING, TO_CHECK, GONE = "applying", "to_check", "withdrawn"


class StateFilter(admin.SimpleListFilter):
    title = "適用の状態"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(APPLYING, "適用中"), (TO_CHECK, "要再確認"), (GONE, "取消し済み")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[FigureRuling] | None:
        if self.value() == GONE:
            return cast("QuerySet[FigureRuling]", queryset.filter(withdrawn_at__isnull=False))
        if self.value() not in {APPLYING, TO_CHECK}:
            return None
        wanted = self.value() == APPLYING
        found = [ruling.pk for ruling in queryset.active() if ruling.applies == wanted]
        return cast("QuerySet[FigureRuling]", queryset.filter(pk__in=found))


def _withdraw(request: StaffRequest, ruling: FigureRuling, form: forms.Form) -> str:
    reason = form.cleaned_data["reason"]
    withdraw_ruling(ruling=ruling, reason=reason, actor=request.user, now=clock.now())
    return "取扱いを取り消しました。以後の集計は、提出された値によります。"


@admin.register(FigureRuling)
class FigureRulingAdmin(ReadOnly, StepsAdmin):
    list_display = ("ministry_and_place", "state_tag", "treatment", "reason_and_day")
    list_filter = (StateFilter, "kind", ("report__round", RoundFilter), "report__assignment__ministry")
    fields = (
        ("review_link", "state_tag"),
        ("place", "kind"),
        ("submitted_text", "counted_text", "latest_text"),
        "reason",
        ("created_by", CREATED),
        ("withdrawn_by", WITHDRAWN),
        "audit_link",
    )
    readonly_fields = (
        "review_link", "state_tag", "place", "submitted_text", "counted_text", "latest_text", CREATED,
        WITHDRAWN, "audit_link",
    )  # fmt: skip
    steps = (
        StepPage(
            verb="withdraw",
            label="取扱いを取り消す",
            permission=CHANGE,
            perform=_withdraw,
            form=ReasonForm,
            explanation="以後の集計は、府省庁が提出した値によります。固めた取りまとめは変わりません。",
            offered=lambda ruling: ruling.withdrawn_at is None,
            is_danger=True,
        ),
    )

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view(self.rule_view)
        own = path("<int:report_pk>/rule/", guarded, name="followup_figureruling_rule")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        forms_asked = ("report__form_version__questions", "report__form_version__cross_checks")
        return (
            super()
            .get_queryset(request)
            .with_latest()  # type: ignore[attr-defined] # of FigureRulingQuerySet
            .select_related("report__assignment__ministry", "report__round__request", "created_by")
            .prefetch_related(*forms_asked)
        )

    def rule_view(self, request: HttpRequest, report_pk: int) -> HttpResponse:
        """Ask how a submitted value is to be counted; the address names its question and row."""
        staff = cast("StaffRequest", request)
        if not staff.user.has_perm(ADD):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD", "POST"}:
            return HttpResponseNotAllowed(["GET", "POST"])
        cell = _cell(request, report_pk)
        standing = active_ruling(cell=cell)
        seen = {"seen_number": cell.submission.number, "seen_ruling": standing.pk if standing else None}
        form = RulingForm(request.POST or None, question=cell.question, initial=seen)
        status = 200
        if request.method == "POST" and form.is_valid():
            try:
                _rule(staff, cell, form)
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
                status = 409 if isinstance(refusal, StaleWrite) else 400
            else:
                messages.success(request, "取扱いを定めました。提出された値は変わりません。")
                return HttpResponseRedirect(_review_url(report_pk))
        return self._page(staff, cell, form, status=400 if form.errors and status == 200 else status)  # noqa: PLR2004

    def _page(self, request: StaffRequest, cell: Cell, form: RulingForm, *, status: int) -> HttpResponse:
        ruling = active_ruling(cell=cell)
        context = {
            "title": "集計上の取扱いを定める",
            "original": cell.submission.report,
            "cell": cell,
            "form": form,
            "errors": form.errors,
            "ruling": ruling,
            "counted": _text(cell.question, ruling.corrected_value) if ruling else "",
            "may_withdraw": request.user.has_perm(CHANGE),
            "review_url": _review_url(cell.submission.report_id),
        }
        response = staff_page(request, self, "admin/ruling.html", context)
        response.status_code = status
        return response

    @admin.display(description="府省庁・対象の値", ordering="report__assignment__ministry__order")
    def ministry_and_place(self, ruling: FigureRuling) -> SafeString:
        return format_html("{}<br>{}", ruling.report.assignment.ministry.name, self.place(ruling))

    @admin.display(description="対象の値")
    def place(self, ruling: FigureRuling) -> str:
        body = getattr(ruling, "latest_body", None) or (
            "" if ruling.notification_id is None else "（団体の行）"
        )
        question = _question(ruling)
        return "・".join(filter(None, [body, question.label if question else ruling.question_key]))

    @admin.display(description="適用の状態")
    def state_tag(self, ruling: FigureRuling) -> SafeString:
        if ruling.withdrawn_at:
            return status_tag("取消し済み", "neutral")
        return status_tag("適用中", "success") if ruling.applies else status_tag("要再確認", "warning")

    @admin.display(description="取扱い", ordering="kind")
    def treatment(self, ruling: FigureRuling) -> SafeString:
        """Say in one cell what was submitted and what is counted instead."""
        submitted = Truncator(self.submitted_text(ruling)).chars(VALUE_SHOWN)
        if ruling.kind == RulingKind.EXCLUDED:
            return format_html("除外<br>{}", submitted)
        counted = Truncator(self.counted_text(ruling)).chars(VALUE_SHOWN)
        return format_html("補正<br>{} → {}", submitted, counted)

    @admin.display(description="理由・定めた日時", ordering="created_at")
    def reason_and_day(self, ruling: FigureRuling) -> SafeString:
        told = Truncator(ruling.reason).chars(REASON_SHOWN)
        return format_html("{}<br>（{}）", told, format_wareki_at(ruling.created_at))

    @admin.display(description="提出された値")
    def submitted_text(self, ruling: FigureRuling) -> str:
        return _text(_question(ruling), ruling.submitted_value)

    @admin.display(description="集計に用いる値")
    def counted_text(self, ruling: FigureRuling) -> str:
        if ruling.kind == RulingKind.EXCLUDED:
            return "（集計しない）"
        return _text(_question(ruling), ruling.corrected_value)

    @admin.display(description="最新の提出の値")
    def latest_text(self, ruling: FigureRuling) -> str:
        return _text(_question(ruling), ruling.latest_answers.get(ruling.question_key)) or "（空欄）"

    @admin.display(description="報告")
    def review_link(self, ruling: FigureRuling) -> SafeString:
        return format_html('<a href="{}">{}</a>', _review_url(ruling.report_id), ruling.report)


def _review_url(report_pk: int) -> str:
    return reverse("admin:followup_report_review", args=[report_pk])


def _cell(request: HttpRequest, report_pk: int) -> Cell:
    """Return the value that the address names; 404 where the latest version has none."""
    submission = get_object_or_404(
        Submission.objects.newest().select_related(
            "form_version", "report__assignment__ministry", "report__round__request"
        ),
        report__pk=report_pk,
    )
    row = request.GET.get("row", "")
    if row and not (row.isascii() and row.isdigit() and len(row) < 16):  # noqa: PLR2004
        raise Http404
    cell = find_cell(
        submission=submission,
        notification_pk=int(row) if row else None,
        question_key=request.GET.get("question", ""),
    )
    if cell is None:
        raise Http404
    return cell


def _rule(request: StaffRequest, cell: Cell, form: RulingForm) -> None:
    rule_on_value(
        report=cell.submission.report,
        notification_pk=cell.notification_pk,
        question_key=cell.question.key,
        kind=RulingKind(form.cleaned_data["kind"]),
        corrected=form.corrected,
        reason=form.cleaned_data["reason"],
        seen_number=form.cleaned_data["seen_number"],
        seen_ruling_pk=form.cleaned_data["seen_ruling"],
        actor=request.user,
        now=clock.now(),
    )


def _question(ruling: FigureRuling) -> QuestionSpec | None:
    version = ruling.report.form_version
    return version.spec().by_key.get(ruling.question_key) if version else None


def _text(question: QuestionSpec | None, value: Answer | None) -> str:
    """Return a value as people read it; as it is stored where the form no longer asks for it."""
    if question is None:
        return "" if value is None else str(value)
    return value_text(question, question.key, value)
