"""A person's change stops for a look at its plan, which whoever asked for it may confirm outside of production."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0008_name_order"),
        ("provisioning", "0022_planned_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="run",
            name="run_approved_by_a_second_person",
        ),
        migrations.AddField(
            model_name="run",
            name="requester_may_confirm",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="run",
            name="stops_for_look",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "approved"), _negated=True),
                    models.Q(("decided_by__isnull", False), ("requested_by__isnull", True)),
                    models.Q(("decided_by", models.F("requested_by")), _negated=True),
                    models.Q(
                        ("requester_may_confirm", True), models.Q(("spec__environment", "production"), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="run_approved_by_a_second_person",
            ),
        ),
    ]
