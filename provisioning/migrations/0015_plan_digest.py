from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0014_stored_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="plan_sha256",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
    ]
