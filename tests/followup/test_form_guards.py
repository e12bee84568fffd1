"""The database itself keeps a published form as it is, against raw SQL too."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from followup.models import FormVersion, Question, Round
from followup.rules.status import RoundStatus
from followup.services.forms import create_form_draft
from tests.factories import NOW, make_asked_report, make_round, make_staff


@pytest.fixture
def published(db: None) -> FormVersion:
    version = make_asked_report().form_version
    assert version is not None
    return version


def run(statement: str, *params: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


COPY_OF_A_QUESTION = (
    "INSERT INTO followup_question (form_version_id, {columns}) "
    "SELECT %s, {columns} FROM followup_question WHERE form_version_id = %s AND key = 'issued_on'"
)


def insert_question(*, source: FormVersion, target: FormVersion) -> int:
    fields = [f.column for f in Question._meta.concrete_fields if f.column not in {"id", "form_version_id"}]
    columns = ", ".join(f'"{column}"' for column in fields)
    return run(COPY_OF_A_QUESTION.format(columns=columns), target.pk, source.pk)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE followup_question SET label = 'x' WHERE form_version_id = %s",
        "DELETE FROM followup_question WHERE form_version_id = %s",
        "UPDATE followup_crosscheck SET message = 'x' WHERE form_version_id = %s",
        "DELETE FROM followup_crosscheck WHERE form_version_id = %s",
        "UPDATE followup_formversion SET instructions = 'x' WHERE id = %s",
        "UPDATE followup_formversion SET published_at = NULL WHERE id = %s",
        "DELETE FROM followup_formversion WHERE id = %s",
    ],
)
def test_no_statement_changes_a_published_form(published: FormVersion, statement: str) -> None:
    with pytest.raises(IntegrityError, match="immutable"):
        run(statement, published.pk)


def test_no_question_comes_into_a_published_form(published: FormVersion) -> None:
    other = FormVersion.objects.get(round=make_round())

    with pytest.raises(IntegrityError, match="immutable"):
        insert_question(source=published, target=other)


def test_no_question_moves_out_of_a_draft_into_a_published_form(published: FormVersion) -> None:
    draft = draft_of(published.round)

    with pytest.raises(IntegrityError, match="immutable"):
        run(
            "UPDATE followup_question SET form_version_id = %s, key = 'moved' WHERE form_version_id = %s "
            "AND key = 'issued_on'",
            published.pk,
            draft.pk,
        )


def draft_of(collection: Round) -> FormVersion:
    return create_form_draft(round=collection, actor=make_staff(), now=NOW)


@pytest.mark.django_db
def test_a_draft_may_be_changed_by_any_statement() -> None:
    draft = draft_of(make_round(status=RoundStatus.FORM_UNDECIDED, due_on=None))

    assert run("UPDATE followup_question SET label = 'x' WHERE form_version_id = %s", draft.pk) > 1
    assert run("DELETE FROM followup_crosscheck WHERE form_version_id = %s", draft.pk) == 1
    assert run("DELETE FROM followup_question WHERE form_version_id = %s", draft.pk) > 1
    assert run("DELETE FROM followup_formversion WHERE id = %s", draft.pk) == 1


@pytest.mark.django_db(transaction=True)
def test_the_guards_stand_in_every_database_that_the_tests_empty() -> None:
    published = make_asked_report().form_version
    assert published is not None

    with pytest.raises(IntegrityError, match="immutable"):
        run("DELETE FROM followup_question WHERE form_version_id = %s", published.pk)
