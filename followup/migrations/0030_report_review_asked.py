"""Keep since when a report is in 部内確認; so far that was told by its last change."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import F, Q

from followup.migrations._obligation_marks import put_up, take_down


def take_last_change(apps: Any, _editor: Any) -> None:
    reports = apps.get_model("followup", "Report")._base_manager.filter(status="in_review")
    reports.update(review_asked_at=F("updated_at"))


def asked_at() -> models.DateTimeField[Any, Any]:
    return models.DateTimeField("部内確認の依頼日時", null=True, blank=True, editable=False)


class Migration(migrations.Migration):
    dependencies = [("followup", "0029_council_rebuilds")]

    operations = [
        migrations.RunPython(take_down, put_up),
        migrations.AddField("report", "review_asked_at", asked_at()),
        migrations.AddField("historicalreport", "review_asked_at", asked_at()),
        migrations.RunPython(take_last_change, migrations.RunPython.noop),
        migrations.AddConstraint(
            "report",
            models.CheckConstraint(
                name="report_review_was_asked",
                condition=Q(status="in_review", review_asked_at__isnull=False)
                | (~Q(status="in_review") & Q(review_asked_at__isnull=True)),
            ),
        ),
        migrations.RunPython(put_up, take_down),
    ]
