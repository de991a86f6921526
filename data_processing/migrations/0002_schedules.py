"""Did make Beat's entries, with the settings of that day; data_processing.operations.schedules makes them
now, and lets them follow the settings."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("data_processing", "0001_task_runs"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = []
