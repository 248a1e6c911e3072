"""Indexes of trigrams, which serve a search for any part of a name. The extension is trusted: an owner may make it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("districts", "0005_drift_axis")]
    operations = [
        TrigramExtension(),
        migrations.AddIndex(
            "district", GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="district_name_search")
        ),
        migrations.AddIndex(
            "district", GinIndex(OpClass(Upper("suffix"), name="gin_trgm_ops"), name="district_suffix_search")
        ),
    ]
