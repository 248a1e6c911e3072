"""Indexes of trigrams over what AWS calls a resource."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("districts", "0006_search"), ("provisioning", "0009_quotas")]
    operations = [
        migrations.AddIndex(
            "stackresource", GinIndex(OpClass(Upper("arn"), name="gin_trgm_ops"), name="resource_arn_search")
        ),
        migrations.AddIndex(
            "stackresource", GinIndex(OpClass(Upper("provider_id"), name="gin_trgm_ops"), name="resource_id_search")
        ),
    ]
