"""Keep every two characters of each body's name, so that a search finds names without reading all."""

from django.db import migrations

from outreach.migrations._name_pieces import put_up, take_down


class Migration(migrations.Migration):
    dependencies = [("outreach", "0005_api_tokens")]

    operations = [migrations.RunPython(put_up, take_down)]
