"""The queue's order, as runs remember it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0004_state_machine")]
    operations = [
        migrations.AddField("run", "sent_for_wait", models.BooleanField(default=False)),
        migrations.AddIndex("run", models.Index(fields=["sent_at"], name="run_sent")),
    ]
