"""Replace what a draft of a form asks, whole: by a workbook that came back, or in another numbering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from followup.models import CrossCheck, FormVersion, Question
from followup.rules.questions import FormSpec
from followup.services.form_differences import FormDifferences, form_differences
from outreach.models import User
from outreach.services.audit import record_audit
from outreach.services.errors import NotAllowed, Refusal, StaleWrite

ORDER_STEP = 10

Row = Mapping[str, Any]
"""The fields of a question or a cross-check by their names; decimals may be text."""


def form_of_rows(*, instructions: str, questions: Sequence[Row], checks: Sequence[Row]) -> FormSpec:
    """Return what rows would ask, as a stored version would give it."""
    ordered = sorted(questions, key=lambda row: (row["scope"], row["order"]))
    return FormSpec(
        questions=tuple(Question(**_as_stored(row)).spec() for row in ordered),
        checks=tuple(CrossCheck(**row).spec() for row in checks),
        instructions=instructions,
    )


def _as_stored(row: Row) -> dict[str, Any]:
    limits = {name: row[name] and Decimal(row[name]) for name in ("minimum", "maximum")}
    return {**row, **{name: limit for name, limit in limits.items() if limit is not None}}


@transaction.atomic
def replace_draft(
    *,
    form_version: FormVersion,
    instructions: str,
    questions: Sequence[Row],
    checks: Sequence[Row],
    seen_hash: str,
    actor: User,
    now: datetime,
) -> FormDifferences:
    """Let a draft ask what the rows say and nothing else; return what that changed.

    `seen_hash` is the content hash of the draft that the rows were compared with: a colleague's
    newer change raises StaleWrite, and nothing is written.
    """
    locked = lock_draft(form_version, actor)
    before = locked.spec()
    if before.content_hash() != seen_hash:
        raise StaleWrite("確認の後にほかの方が様式を変更しました。もう一度取り込んで確かめてください。")
    locked.questions.all().delete()
    locked.cross_checks.all().delete()
    Question.objects.bulk_create(Question(form_version=locked, **_as_stored(row)) for row in questions)
    CrossCheck.objects.bulk_create(CrossCheck(form_version=locked, **row) for row in checks)
    locked.instructions = instructions
    locked.save(update_fields=["instructions"])
    differences = form_differences(before, locked.spec())
    record_audit(
        action="様式をブックから取り込み",
        now=now,
        actor=actor,
        obj=locked,
        before={"設問の数": len(before.questions)},
        after={
            "設問の数": len(questions),
            "追加": [question.label for question in differences.added],
            "削除": [question.label for question in differences.removed],
            "変更": [changed.question.label for changed in differences.changed],
        },
    )
    return differences


def lock_draft(form_version: FormVersion, actor: User) -> FormVersion:
    """Read a draft afresh and keep others from changing or publishing it until the transaction ends."""
    if not actor.is_staff:
        raise NotAllowed("この操作ができるのは職員だけです。")
    locked = FormVersion.objects.select_for_update().get(pk=form_version.pk)
    if locked.is_published:
        raise Refusal("公開した様式は変更できません。新しい版を作成してください。")
    return locked


@transaction.atomic
def renumber_draft(*, form_version: FormVersion, actor: User, now: datetime) -> int:
    """Number the questions of each scope 10, 20, 30 … in their order; return how many got a new number."""
    locked = lock_draft(form_version, actor)
    moved = []
    for scope in ("ministry", "body"):
        in_order = locked.questions.filter(scope=scope).order_by("order", "pk")
        for order, question in enumerate(in_order, start=1):
            if question.order != order * ORDER_STEP:
                question.order = order * ORDER_STEP
                moved.append(question)
    if moved:
        Question.objects.bulk_update(moved, ["order"])
        record_audit(
            action="様式の設問を並べ直し",
            now=now,
            actor=actor,
            obj=locked,
            after={"番号が変わった設問": len(moved)},
        )
    return len(moved)
