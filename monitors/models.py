"""The rows of what watches for people. Whose they are is said as runs say it (``data_processing.models``)."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

LONGEST_NAME, LONGEST_NOTE, LONGEST_URL = 100, 2000, 1000


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


class Receiver(models.Model):
    """An address of somebody's own to which a ``channel`` posts alerts. ``secrets`` sign what goes there, the
    newest first (``monitors.receivers``); none where the channel signs nothing. ``disabled_at``: nothing is
    sent any more, ``reason`` says why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=80)
    channel = models.CharField(max_length=20)
    name = models.CharField(max_length=LONGEST_NAME)
    url = models.CharField(max_length=LONGEST_URL)
    # As they are, not their hashes: both sides need them to sign.
    secrets = models.JSONField(default=list)
    disabled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "-created_at"], name="receivers_of_owner")]

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
    # Those that need no receiver; the others are the receivers'.
    channels = models.JSONField(default=list)
    receivers = models.ManyToManyField(Receiver, related_name="monitors")
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


class Told(models.TextChoices):
    """What a delivery tells."""

    ALERT = "alert", "one alert"
    DIGEST = "digest", "those of other deliveries, all in one message"
    TEST = "test", "that what is sent arrives"


class Delivery(models.Model):
    """A message on its way by one channel; ``target`` is the receiver's id where the channel needs one. Its
    id goes with each try, by which receivers know a second one. ``tries`` lists what became of the latest,
    ``failures`` counts those that failed since it was last asked for.

    Whoever sends it claims it before (``monitors.sending.claims``): ``attempt`` is the number of the claim,
    ``lease_until`` how long nobody else may. ``told_with`` is the digest that tells it in its place.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.CharField(max_length=80)
    tells = models.CharField(max_length=10, choices=Told.choices, default=Told.ALERT)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, null=True, related_name="deliveries")
    told_with = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="parts")
    channel = models.CharField(max_length=20)
    target = models.CharField(max_length=40, default="", blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    tries = models.JSONField(default=list)
    failures = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    # Since when a run is to send it; None once one has begun to.
    asked_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "target"], name="one_delivery_of_an_alert")
        ]
        indexes = [
            # Of few rows, however many were sent: the sweep asks by it.
            models.Index(
                fields=["due_at"], name="delivery_due", condition=models.Q(state=DeliveryState.WAITING)
            ),
            models.Index(fields=["target", "-created_at"], name="deliveries_to_a_receiver"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.state}"


def is_free() -> models.Q:
    """Deliveries that nobody is sending, by the clock of the database: what one process finds free, another
    one must, too."""
    return models.Q(lease_until=None) | models.Q(lease_until__lt=Now())


class DailyFigure(models.Model):
    """What a monitor meant on a day, or without one the whole dataset held: contracts, and pesos together."""

    monitor = models.ForeignKey(Monitor, on_delete=models.CASCADE, null=True, related_name="daily_figures")
    day = models.DateField()
    contracts = models.PositiveIntegerField()
    value = models.DecimalField(max_digits=24, decimal_places=2)
    dataset_version = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["monitor", "day"], name="one_figure_of_a_day"),
            # Two nulls are not equal to the one above.
            models.UniqueConstraint(
                fields=["day"], name="one_figure_of_dataset", condition=models.Q(monitor=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contracts} contracts on {self.day}"
