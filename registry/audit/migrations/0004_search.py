"""An index of trigrams over the sentences of the audit record."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper


class Migration(migrations.Migration):
    dependencies = [("districts", "0006_search"), ("audit", "0003_chain")]
    operations = [
        migrations.AddIndex(
            "auditevent", GinIndex(OpClass(Upper("message"), name="gin_trgm_ops"), name="audit_message_search")
        ),
    ]
