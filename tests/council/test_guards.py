"""The database itself keeps a finished council report and its files as they are, against raw SQL too."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from followup.models import CouncilFile, CouncilReport, FrozenError
from tests.factories import make_council_file, make_council_report, make_frozen_report


def run(statement: str, *params: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE followup_councilreport SET figures = '{}' WHERE id = %s",
        "UPDATE followup_councilreport SET state = 'failed' WHERE id = %s",
        "DELETE FROM followup_councilreport WHERE id = %s",
        "UPDATE followup_councilfile SET sha256 = 'x' WHERE report_id = %s",
        "DELETE FROM followup_councilfile WHERE report_id = %s",
        (
            "INSERT INTO followup_councilfile (report_id, kind, name, file, sha256, size) "
            "VALUES (%s, 'summary', 'x', 'x', 'x', 1)"
        ),
    ],
)
def test_no_statement_changes_a_finished_report(statement: str) -> None:
    report = make_frozen_report()

    with pytest.raises(IntegrityError, match="immutable"):
        run(statement, report.pk)


@pytest.mark.django_db
def test_no_report_is_finished_without_its_files() -> None:
    report = make_council_report(state="running")
    make_council_file(report, "data")

    with pytest.raises(IntegrityError, match="finished with its files"):
        run("UPDATE followup_councilreport SET state = 'done', finished_at = as_of WHERE id = %s", report.pk)


@pytest.mark.django_db
def test_python_refuses_a_change_in_words() -> None:
    report = make_frozen_report()
    file = report.files.get(kind="data")

    for change in (
        lambda: report.save(update_fields=["figures"]),
        report.delete,
        lambda: CouncilReport.objects.filter(pk=report.pk).update(progress=0),
        lambda: CouncilReport.objects.filter(pk=report.pk).delete(),
        lambda: file.save(update_fields=["sha256"]),
        file.delete,
        lambda: CouncilFile.objects.filter(pk=file.pk).update(size=0),
        lambda: CouncilFile.objects.filter(pk=file.pk).delete(),
        lambda: make_council_file(report, "summary"),
        lambda: CouncilFile.objects.bulk_create([CouncilFile(report=report, kind="summary")]),
    ):
        with pytest.raises(FrozenError, match="完成した取りまとめは変更できません"):
            change()


@pytest.mark.django_db(transaction=True)
def test_the_guards_stand_in_every_database_that_the_tests_empty() -> None:
    report = make_frozen_report()

    with pytest.raises(IntegrityError, match="immutable"):
        run("DELETE FROM followup_councilfile WHERE report_id = %s", report.pk)
