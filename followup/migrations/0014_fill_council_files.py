"""Carry the files of finished council reports over into rows of their own."""

from collections.abc import Iterator
from typing import Any

from django.db import migrations

from outreach.rules.file_names import safe_file_name
from outreach.rules.wareki import instant_in_tokyo

LABELS = {"data": "取りまとめデータ", "paper": "会議資料"}


def _files_of(apps: Any, report: Any) -> Iterator[Any]:
    instant = instant_in_tokyo(report.as_of)
    for kind, label in LABELS.items():
        file = getattr(report, f"{kind}_file")
        stem = f"第{report.round.council.number}回会議_{label}_{instant:%Y%m%d-%H%M}"
        yield apps.get_model("followup", "CouncilFile")(
            report=report,
            kind=kind,
            name=safe_file_name(stem, ".xlsx"),
            file=file.name,
            sha256=getattr(report, f"{kind}_sha256"),
            size=file.size if file.storage.exists(file.name) else 0,
        )


def carry_over(apps: Any, _editor: Any) -> None:
    done = apps.get_model("followup", "CouncilReport").objects.filter(state="done")
    for report in done.select_related("round__council").order_by("pk"):
        apps.get_model("followup", "CouncilFile").objects.bulk_create(_files_of(apps, report))


def carry_back(apps: Any, _editor: Any) -> None:
    reports = apps.get_model("followup", "CouncilReport").objects
    files = apps.get_model("followup", "CouncilFile").objects
    for file in files.filter(kind__in=LABELS).order_by("pk"):
        values = {f"{file.kind}_file": file.file.name, f"{file.kind}_sha256": file.sha256}
        reports.filter(pk=file.report_id).update(**values)
    files.all().delete()


class Migration(migrations.Migration):
    dependencies = [("followup", "0013_council_files")]

    operations = [migrations.RunPython(carry_over, carry_back)]
