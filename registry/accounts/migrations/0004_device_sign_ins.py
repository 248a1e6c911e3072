"""Sign-ins of programs that a person confirms by a code."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_api_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeviceSignIn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device_sha256", models.CharField(max_length=64, unique=True)),
                ("user_code", models.CharField(max_length=32, unique=True)),
                ("client", models.CharField(max_length=40)),
                ("address", models.GenericIPAddressField(null=True)),
                ("scopes", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("interval", models.PositiveSmallIntegerField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("is_approved", models.BooleanField(null=True)),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
