"""The rows of what watches for people. Whose they are is said as runs say it (``data_processing.models``)."""

from __future__ import annotations

import uuid

from django.db import models

LONGEST_NAME, LONGEST_NOTE = 100, 2000


class SavedSearch(models.Model):
    """Filters under a name. ``filters`` is the JSON of a ``Filters``, perhaps of another version;
    ``share_key`` opens it to whoever has the link, None: nobody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=80)
    name = models.CharField(max_length=LONGEST_NAME)
    note = models.TextField(default="", blank=True)
    filters = models.JSONField()
    # As it is, not its hash: its owner is shown the link again, and it opens no more than the row says.
    share_key = models.CharField(max_length=43, null=True, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    used_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "saved searches"
        indexes = [models.Index(fields=["owner", "-used_at"], name="saved_by_use")]

    def __str__(self) -> str:
        return self.name
