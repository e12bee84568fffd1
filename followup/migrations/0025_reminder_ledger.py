"""Key the ledger by obligation, now that each reminder has one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("followup", "0024_reminders_of_obligations")]

    operations = [
        migrations.RemoveConstraint(model_name="reminder", name="reminder_once"),
        migrations.AlterField(
            model_name="reminder",
            name="report",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to="followup.report",
                verbose_name="報告",
            ),
        ),
        migrations.RemoveField(model_name="reminder", name="report"),
        migrations.AlterField(
            model_name="reminder",
            name="obligation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reminders",
                to="followup.obligation",
                verbose_name="督促の対象",
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("obligation", "rule", "due_on", "recipient"), name="reminder_once"
            ),
        ),
    ]
