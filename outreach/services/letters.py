"""Keep a ministry's own version of ひな形1 and 2 (要請文), and say which facts it lost or changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import F

from outreach.models import Assignment, Body, KeyFact, Letter, LetterTemplate, User
from outreach.rules.letter_text import (
    PLACEHOLDERS,
    FactState,
    check_fact,
    has_broken_placeholder,
    missing_placeholders,
    unknown_placeholders,
)
from outreach.rules.wareki import format_wareki
from outreach.services.audit import changed_values, record_audit
from outreach.services.errors import Refusal, StaleWrite

SENDER = ("document_number", "bureau", "division", "contact_name", "contact_phone", "contact_email")
WITHOUT_NUMBER = "事務連絡"
WITHOUT_LEAFLET_DUE = "別途御案内する日"


class UnknownPlaceholder(Refusal):
    """The text asks for a value that the system does not have."""


@dataclass(frozen=True)
class LetterFields:
    """What a ministry sets: the wording, the number and the sender."""

    subject: str
    text: str
    document_number: str = ""
    bureau: str = ""
    division: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""

    @classmethod
    def of(cls, letter: Letter) -> LetterFields:
        return cls(**{name: getattr(letter, name) for name in cls.__dataclass_fields__})


class FindingKind(StrEnum):
    LOST = "lost"
    ALTERED = "altered"
    EXPIRED = "expired"


@dataclass(frozen=True)
class FactFinding:
    """A key fact that needs a look; `found` is the changed wording when it was altered."""

    fact: KeyFact
    kind: FindingKind
    found: str = ""


def letter_for(*, assignment: Assignment, template: LetterTemplate) -> Letter:
    """Return the ministry's letter, or an unsaved copy of the official text (version 0) without one.

    The copy has the number and the sender of the ministry's letter by the other template.
    """
    saved = {letter.template_id: letter for letter in Letter.objects.filter(assignment=assignment)}
    if template.pk in saved:
        return saved[template.pk]
    sender = {name: getattr(other, name) for other in saved.values() for name in SENDER}
    return Letter(
        assignment=assignment,
        template=template,
        subject=template.subject,
        text=template.text,
        version=0,
        **sender,
    )


def save_letter(
    *,
    assignment: Assignment,
    template: LetterTemplate,
    expected_version: int,
    fields: LetterFields,
    actor: User,
    now: datetime,
) -> Letter:
    """Save the ministry's letter; `expected_version` is 0 when the officer saw the official text.

    Raises:
        UnknownPlaceholder: for a {{…}} that nothing can fill, or half of one.
        StaleWrite: when somebody saved first; `theirs` holds what they saved.
    """
    _refuse_unknown(fields)
    try:
        return _write(
            assignment=assignment, template=template, expected_version=expected_version,
            fields=fields, action="要請文を編集", actor=actor, now=now,
        )  # fmt: skip
    except IntegrityError as error:
        raise _stale(assignment, template) from error


def reset_letter(*, letter: Letter, expected_version: int, actor: User, now: datetime) -> Letter:
    """Put subject and text back to the official ones; number and sender stay.

    Raises:
        StaleWrite: when somebody saved first.
    """
    official = {"subject": letter.template.subject, "text": letter.template.text}
    return _write(
        assignment=letter.assignment,
        template=letter.template,
        expected_version=expected_version,
        fields=LetterFields(**{**asdict(LetterFields.of(letter)), **official}),
        action="要請文を原文に戻す",
        actor=actor,
        now=now,
    )


@transaction.atomic
def _write(
    *,
    assignment: Assignment,
    template: LetterTemplate,
    expected_version: int,
    fields: LetterFields,
    action: str,
    actor: User,
    now: datetime,
) -> Letter:
    seen = LetterFields.of(letter_for(assignment=assignment, template=template))
    if expected_version == 0:
        letter = Letter.objects.create(assignment=assignment, template=template, **asdict(fields))
    else:
        own = Letter.objects.filter(assignment=assignment, template=template)
        if not own.filter(version=expected_version).update(**asdict(fields), version=F("version") + 1):
            raise _stale(assignment, template)
        letter = own.get()
    before, after = changed_values(Letter, before=asdict(seen), after=asdict(fields))
    record_audit(
        action=action,
        now=now,
        actor=actor,
        obj=letter,
        ministry=assignment.ministry,
        before=before,
        after=after,
    )
    return letter


def _stale(assignment: Assignment, template: LetterTemplate) -> StaleWrite:
    theirs = letter_for(assignment=assignment, template=template)
    return StaleWrite(theirs=asdict(LetterFields.of(theirs)))


def _refuse_unknown(fields: LetterFields) -> None:
    for field, text in (("subject", fields.subject), ("text", fields.text)):
        if unknown := unknown_placeholders(text):
            names = "、".join(f"{{{{{name}}}}}" for name in unknown)
            raise UnknownPlaceholder(
                f"使えない差込項目があります：{names}。使えるのは次の項目です：{'、'.join(PLACEHOLDERS)}",
                field=field,
            )
        if has_broken_placeholder(text):
            raise UnknownPlaceholder(
                "差込項目の「{{」と「}}」が対になっていません。「{{団体名}}」のように入力してください。",
                field=field,
            )


def fact_findings(*, letter: Letter, today: date) -> list[FactFinding]:
    """Return the key facts of the official text that the letter lost, altered, or keeps beyond their day.

    A fact that has expired may be left out; rules.letter_text.check_fact says what the words mean.
    """
    facts = KeyFact.objects.filter(topic__request=letter.assignment.request_id).select_related("topic")
    findings = []
    for fact in facts.order_by("topic__number", "pk"):
        check = check_fact(phrasings=fact.phrasings, official=letter.template.text, own=letter.text)
        if check.state == FactState.ALTERED:
            findings.append(FactFinding(fact, FindingKind.ALTERED, check.found))
        elif check.state == FactState.LOST and not fact.has_expired(today):
            findings.append(FactFinding(fact, FindingKind.LOST))
        elif check.state == FactState.KEPT and fact.has_expired(today):
            findings.append(FactFinding(fact, FindingKind.EXPIRED))
    return findings


def missing_values(*, letter: Letter) -> list[str]:
    """Return the placeholders that the letter uses and the ministry has not set, whatever the body."""
    return missing_placeholders(letter.text, _ministry_values(letter))


def placeholder_values(*, letter: Letter, body: Body, issued_on: date) -> dict[str, str]:
    """Return what each placeholder stands for in the letter to one body."""
    return _ministry_values(letter) | {
        "発出日": format_wareki(issued_on),
        "団体名": body.name,
        "宛先": body.addressee,
        "敬称": body.honorific,
    }


def _ministry_values(letter: Letter) -> dict[str, str]:
    due_on = letter.assignment.request.leaflet_order_due_on
    return {
        "文書番号": letter.document_number or WITHOUT_NUMBER,
        "府省庁名": letter.assignment.ministry.name,
        "局名": letter.bureau,
        "課名": letter.division,
        "担当者名": letter.contact_name,
        "電話": letter.contact_phone,
        "メール": letter.contact_email,
        "申込期限": format_wareki(due_on) if due_on else WITHOUT_LEAFLET_DUE,
    }
