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


class NameGroup(models.Model):
    """Names of one kind that somebody holds for the same; ``everybody``: staff chose it for all. ``names`` is
    a sorted list of exact names, and ``key`` tells groups of the same names."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=80)
    everybody = models.BooleanField(default=False)
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=LONGEST_NAME)
    names = models.JSONField()
    key = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "kind"], name="group_of_owner"),
            models.Index(fields=["everybody", "kind"], name="group_of_everybody"),
        ]

    def __str__(self) -> str:
        return self.name


class Monitor(models.Model):
    """A saved search that the program looks at again and again, and what it found when it last did.

    ``schedule`` says when (``monitors.schedules``), ``next_check_at`` is None where each dataset version is
    looked at. ``checked_version`` is the version that was last compared, empty before the baseline.
    ``recorded`` counts what was recorded: whoever compares writes only where it is as it was read, so that
    nothing is found twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=80)
    search = models.OneToOneField(SavedSearch, on_delete=models.CASCADE, related_name="monitor")
    schedule = models.CharField(max_length=100)
    channels = models.JSONField(default=list)
    paused = models.BooleanField(default=False)
    # The secret of its feed's address; None: it has no feed.
    feed_key = models.CharField(max_length=43, null=True, unique=True)
    recorded = models.PositiveIntegerField(default=0)
    contracts = models.PositiveIntegerField(null=True)
    checked_version = models.CharField(max_length=40, default="", blank=True)
    checked_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    # Since when a run is to check it; None once one has.
    asked_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="monitors_of_owner"),
            models.Index(fields=["checked_version"], name="monitor_by_version"),
        ]

    def __str__(self) -> str:
        return f"monitor of {self.search_id}"


class SeenPart(models.Model):
    """Contracts that a monitor has seen, as ``monitors.checking.seen`` packs them. A later part goes before
    earlier ones; they are only ever added, so that a check writes no more than what is new."""

    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="seen_parts")
    number = models.PositiveIntegerField()
    entries = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "number"], name="one_seen_part")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.monitor_id}"


class Alert(models.Model):
    """What one check of a monitor found: contracts that are new, and such whose amount is another one. It is
    inserted with what the monitor has seen, so that there is one for each set of contracts.

    ``matches`` tells the first of them. ``number`` is the monitor's ``recorded`` after it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=80)
    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, related_name="alerts")
    number = models.PositiveIntegerField()
    dataset_version = models.CharField(max_length=40)
    new = models.PositiveIntegerField()
    amended = models.PositiveIntegerField()
    new_value = models.DecimalField(max_digits=22, decimal_places=2)
    matches = models.JSONField(default=list)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["monitor", "number"], name="one_alert_of_a_check")]
        indexes = [models.Index(fields=["owner", "-created_at"], name="alert_history")]

    def __str__(self) -> str:
        return f"{self.new} new, {self.amended} amended"


class DeliveryState(models.TextChoices):
    """How far an alert is on its way by one channel."""

    WAITING = "waiting", "it is to be sent"
    SENT = "sent", "the other side has taken it"
    FAILED = "failed", "every try failed"
    DROPPED = "dropped", "its owner does not want it any more"


class Delivery(models.Model):
    """An alert on its way by one channel; ``target`` tells several of the same channel apart. Its id goes
    with each try, by which receivers know a second one. ``tries`` lists what became of each."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20)
    target = models.CharField(max_length=40, default="", blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    tries = models.JSONField(default=list)
    due_at = models.DateTimeField()
    # Since when a run is to send it; None once one has tried.
    asked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "target"], name="one_delivery_of_an_alert")
        ]
        indexes = [
            # Of few rows, however many were sent: the sweep asks by it.
            models.Index(
                fields=["due_at"], name="delivery_due", condition=models.Q(state=DeliveryState.WAITING)
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"
