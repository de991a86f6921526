import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=100)),
                ("note", models.TextField(blank=True, default="")),
                ("filters", models.JSONField()),
                ("share_key", models.CharField(max_length=43, null=True, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("used_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name_plural": "saved searches",
                "indexes": [models.Index(fields=["owner", "-used_at"], name="saved_by_use")],
            },
        ),
    ]
