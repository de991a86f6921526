from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data_processing", "0008_tallies")]

    operations = [
        migrations.CreateModel(
            name="OperatorAlert",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("text", models.TextField()),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
