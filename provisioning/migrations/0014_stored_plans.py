from django.db import migrations, models


def find_stored(apps, schema_editor):
    """Say of runs that were bound to a stored plan that it may still lie there; deleting none does no harm."""
    runs = apps.get_model("provisioning", "Run").objects.exclude(plan_binding={})
    runs.filter(kind__in=["apply", "destroy"]).update(plan_stored=True)


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0013_pipeline_figures"),
    ]

    operations = [
        migrations.AddField(model_name="run", name="plan_stored", field=models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(condition=models.Q(("plan_stored", True)), fields=["id"], name="run_plan_stored"),
        ),
        migrations.RunPython(find_stored, migrations.RunPython.noop),
    ]
