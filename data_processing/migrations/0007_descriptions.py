from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("data_processing", "0006_addresses_and_readers")]

    # With a default of the database, because the release before goes on writing rows that lack it.
    operations = [
        migrations.AddField(
            "taskrun", "description", models.TextField(blank=True, db_default="", default="")
        ),
    ]
