"""Keeps the tag of an answer, which a request that is sent again gets as well."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds a column."""

    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.AddField("idempotentanswer", "etag", models.TextField(blank=True, default="")),
    ]
