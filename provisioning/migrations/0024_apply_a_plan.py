"""A run may apply the plan of a plan-only run."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0023_look_at_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="plan_of",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="applied_by",
                to="provisioning.run",
            ),
        ),
    ]
