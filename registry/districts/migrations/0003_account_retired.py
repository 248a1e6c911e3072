"""Accounts that take no further district."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("districts", "0002_triggers")]
    operations = [
        migrations.AddField(
            model_name="awsaccount",
            name="retired_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
