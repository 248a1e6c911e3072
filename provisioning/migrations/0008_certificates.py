"""Certificates of removal, which PostgreSQL itself refuses to change, and what a teardown records of itself."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE FUNCTION certificate_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A certificate of removal is final: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER certificate_is_final_rows BEFORE UPDATE OR DELETE ON provisioning_removalcertificate
    FOR EACH ROW EXECUTE FUNCTION certificate_is_final();
"""
DROP = """
DROP TRIGGER certificate_is_final_rows ON provisioning_removalcertificate;
DROP FUNCTION certificate_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0004_state_machine"),
        ("provisioning", "0007_drift"),
    ]

    operations = [
        migrations.AddField("run", "events_archive", models.JSONField(blank=True, default=dict)),
        migrations.AddField("run", "events_trimmed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("run", "holdings", models.JSONField(blank=True, default=dict)),
        migrations.AddField("run", "kept_on_purpose", models.JSONField(blank=True, default=list)),
        migrations.AddField("run", "removal_proof", models.JSONField(blank=True, default=dict)),
        migrations.CreateModel(
            name="RemovalCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issued_at", models.DateTimeField()),
                ("document", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=128)),
                ("key_id", models.CharField(max_length=64)),
                ("public_key", models.TextField()),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removal_certificate",
                        to="districts.district",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removal_certificate",
                        to="provisioning.run",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.RunSQL(CREATE, DROP),
        migrations.CreateModel(
            name="DistrictHoldings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("holdings", models.JSONField(blank=True, default=dict)),
                ("problem", models.TextField(blank=True)),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="held",
                        to="districts.district",
                    ),
                ),
            ],
        ),
    ]
