"""Room for the request ids that proxies send along: a UUID is written with 36 characters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_search")]
    operations = [
        migrations.AlterField("auditevent", "request_id", models.CharField(blank=True, max_length=64)),
    ]
