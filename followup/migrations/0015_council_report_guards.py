"""Drop the columns that files had before they had rows; freeze finished reports in the database itself."""

from django.db import migrations, models
from django.db.models import Q

from followup.migrations._council_guards import put_up, take_down


class Migration(migrations.Migration):
    dependencies = [("followup", "0014_fill_council_files")]

    operations = [
        migrations.RemoveField(model_name="councilreport", name="data_file"),
        migrations.RemoveField(model_name="councilreport", name="data_sha256"),
        migrations.RemoveField(model_name="councilreport", name="paper_file"),
        migrations.RemoveField(model_name="councilreport", name="paper_sha256"),
        migrations.AddConstraint(
            model_name="councilreport",
            constraint=models.CheckConstraint(
                name="council_report_done_is_finished",
                condition=~Q(state="done") | Q(finished_at__isnull=False),
            ),
        ),
        migrations.RunPython(put_up, take_down),
    ]
