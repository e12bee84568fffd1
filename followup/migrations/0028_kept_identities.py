"""Keep the identities of a ministry's bodies with its count, and count again what was kept without."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def forget(apps: Any, _editor: Any) -> None:
    """Empty what is kept of notices: it follows from their rows, and the next count fills it again."""
    for name in ("LedgerCount", "DistinctCount"):
        apps.get_model("followup", name)._base_manager.all().delete()


class Migration(migrations.Migration):
    dependencies = [("followup", "0027_reminder_opened")]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.AddField(
            model_name="ledgercount",
            name="identities",
            field=models.BinaryField(default=b"", verbose_name="同じ団体を見分ける値"),
        ),
    ]
