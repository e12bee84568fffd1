"""Let each reminder that there is be one of an obligation, and watch what obligations follow from."""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Max

from followup.migrations._obligation_marks import put_up, take_down

REPORT_DUE, NOT_REACHED = "report_due", -100


def carry_over(apps: Any, _editor: Any) -> None:
    """Keep an obligation for each report that was reminded of; all others follow on the first run."""
    reminders = apps.get_model("followup", "Reminder")._base_manager
    obligations = apps.get_model("followup", "Obligation")._base_manager
    reports = apps.get_model("followup", "Report")._base_manager.filter(reminders__isnull=False).distinct()
    for report in reports.select_related("assignment").iterator():
        of_report = reminders.filter(report_id=report.pk)
        last = of_report.order_by("-pk")[0]
        anchor_on = report.due_on or last.due_on
        reached = of_report.filter(due_on=anchor_on).aggregate(last=Max("rule__offset_days"))["last"]
        obligation = obligations.create(
            kind=REPORT_DUE,
            subject_id=report.pk,
            ministry_id=report.assignment.ministry_id,
            report_id=report.pk,
            anchor_on=anchor_on,
            anchor_time=report.due_time,
            reached=NOT_REACHED if reached is None else reached,
            opened_at=report.assignment.created_at,
        )
        of_report.update(obligation=obligation)


def carry_back(apps: Any, _editor: Any) -> None:
    """Give reminders of reports their report again; the others cannot be kept without obligations."""
    reminders = apps.get_model("followup", "Reminder")._base_manager
    reminders.exclude(obligation__kind=REPORT_DUE).delete()
    for reminder in reminders.select_related("obligation").iterator():
        reminder.report_id = reminder.obligation.report_id
        reminder.save(update_fields=["report"])


def mark_all(apps: Any, _editor: Any) -> None:
    marks = apps.get_model("followup", "ObligationChange")._base_manager
    ministries = apps.get_model("outreach", "Ministry")._base_manager.values_list("pk", flat=True)
    marks.bulk_create(marks.model(ministry_id=ministry) for ministry in ministries)


class Migration(migrations.Migration):
    dependencies = [("followup", "0023_obligations")]

    operations = [
        migrations.RunPython(carry_over, carry_back),
        migrations.RunPython(mark_all, migrations.RunPython.noop),
        migrations.RunPython(put_up, take_down),
    ]
