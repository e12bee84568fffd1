"""Keep published forms from any change in the database itself."""

from django.db import migrations

from followup.migrations._form_guards import put_up, take_down


class Migration(migrations.Migration):
    dependencies = [("followup", "0005_answer_workbooks")]

    operations = [migrations.RunPython(put_up, take_down)]
