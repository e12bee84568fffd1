"""公開する: the page that shows what publishing a form changes and sends before it does."""

from __future__ import annotations

from typing import Any

from django import forms

from followup.admin.dues import NewDueForm, due_of
from followup.models import FormVersion
from followup.rules.due import Due
from followup.services.asking_again import find_supplements
from followup.services.forms import publish_form
from followup.services.publishing import preview_publish
from outreach import clock
from outreach.admin.base import StaffRequest
from outreach.admin.steps import StepPage


class PublishForm(NewDueForm):
    """The due date, and whether who already submitted is asked for what is new."""

    asks_submitted = forms.BooleanField(
        label="それまでに提出・受理された報告にも、新しい・変わった設問だけ追加で回答を求める",
        required=False,
    )

    def __init__(self, *args: Any, obj: FormVersion, **kwargs: Any) -> None:
        super().__init__(*args, obj=obj.round, **kwargs)
        reports = len(find_supplements(obj.round, obj.spec()))
        if not reports:
            del self.fields["asks_submitted"]
            return
        text = f"対象は{reports}件です。選ばないときは、回答した版のままとします。"
        self.fields["asks_submitted"].help_text = text


def _publish(request: StaffRequest, version: FormVersion, form: forms.Form) -> str:
    publish_form(form_version=version, actor=request.user, now=clock.now(), **form.cleaned_data)
    return f"{version}を公開しました。府省庁への案内メールはまもなく送信されます。"


def _preview(_request: StaffRequest, version: FormVersion, form: forms.Form) -> dict[str, Any]:
    due = due_of(form) or version.round.due or Due(clock.today())
    return {
        "preview": preview_publish(form_version=version, due=due),
        "due": due,
        "asks_submitted": form.is_bound and form.cleaned_data.get("asks_submitted"),
    }


PUBLISH = StepPage(
    verb="publish",
    label="公開する",
    permission="followup.change_formversion",
    perform=_publish,
    form=PublishForm,
    explanation="公開した様式は変更できません。次の画面で、影響とメールの文面を確認できます。",
    offered=lambda version: not version.is_published,
    context=_preview,
    template="admin/publish.html",
    confirm="この内容で公開する",
)
