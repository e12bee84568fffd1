"""Mark kept counts as stale in the database itself, whoever writes."""

from django.db import migrations

from followup.migrations._count_marks import put_up, take_down


class Migration(migrations.Migration):
    dependencies = [("followup", "0018_kept_counts"), ("outreach", "0007_list_indexes")]

    operations = [migrations.RunPython(put_up, take_down)]
