import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitors", "0002_monitors")]

    operations = [
        migrations.CreateModel(
            name="NameGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.CharField(max_length=80)),
                ("everybody", models.BooleanField(default=False)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100)),
                ("names", models.JSONField()),
                ("key", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "kind"], name="group_of_owner"),
                    models.Index(fields=["everybody", "kind"], name="group_of_everybody"),
                ],
            },
        ),
    ]
