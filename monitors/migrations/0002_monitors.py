import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitors", "0001_saved_searches"),
    ]

    operations = [
        migrations.CreateModel(
            name="Monitor",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.CharField(max_length=80)),
                ("schedule", models.CharField(max_length=100)),
                ("channels", models.JSONField(default=list)),
                ("paused", models.BooleanField(default=False)),
                ("feed_key", models.CharField(max_length=43, null=True, unique=True)),
                ("recorded", models.PositiveIntegerField(default=0)),
                ("contracts", models.PositiveIntegerField(null=True)),
                ("checked_version", models.CharField(blank=True, default="", max_length=40)),
                ("checked_at", models.DateTimeField(null=True)),
                ("next_check_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "search",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="monitor",
                        to="monitors.savedsearch",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("owner", models.CharField(max_length=80)),
                ("number", models.PositiveIntegerField()),
                ("dataset_version", models.CharField(max_length=40)),
                ("new", models.PositiveIntegerField()),
                ("amended", models.PositiveIntegerField()),
                ("new_value", models.DecimalField(decimal_places=2, max_digits=22)),
                ("matches", models.JSONField(default=list)),
                ("read_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "monitor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="monitors.monitor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SeenPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("entries", models.BinaryField()),
                (
                    "monitor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="seen_parts",
                        to="monitors.monitor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("channel", models.CharField(max_length=20)),
                ("target", models.CharField(blank=True, default="", max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "it is to be sent"),
                            ("sent", "the other side has taken it"),
                            ("failed", "every try failed"),
                            ("dropped", "its owner does not want it any more"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("tries", models.JSONField(default=list)),
                ("due_at", models.DateTimeField()),
                ("asked_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="monitors.alert",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["due_at"], name="delivery_due"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("alert", "channel", "target"), name="one_delivery_of_an_alert"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="monitor",
            index=models.Index(fields=["owner", "-created_at"], name="monitors_of_owner"),
        ),
        migrations.AddIndex(
            model_name="monitor",
            index=models.Index(fields=["checked_version"], name="monitor_by_version"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["owner", "-created_at"], name="alert_history"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.UniqueConstraint(fields=("monitor", "number"), name="one_alert_of_a_check"),
        ),
        migrations.AddConstraint(
            model_name="seenpart",
            constraint=models.UniqueConstraint(fields=("monitor", "number"), name="one_seen_part"),
        ),
    ]
