from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("data_processing", "0012_file_shares")]

    operations = [
        migrations.CreateModel(
            name="KnownWorker",
            fields=[
                ("name", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("queues", models.JSONField(default=list)),
                ("process", models.CharField(max_length=60)),
                ("since", models.DateTimeField(db_default=Now())),
                ("answered_at", models.DateTimeField(db_default=Now())),
                ("missed", models.PositiveIntegerField(default=0)),
                ("restarts", models.PositiveIntegerField(default=0)),
                ("restarted_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
