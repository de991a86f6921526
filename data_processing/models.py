"""The rows that hold the truth: task runs and export files. Only ``lifecycle/runs`` changes a run's state."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class State(models.TextChoices):
    """Where a run is, in Celery's words. PROGRESS is shown, not stored: it is STARTED with rows counted."""

    PENDING = "PENDING", "waiting for a worker"
    STARTED = "STARTED", "a worker holds the lease"
    RETRY = "RETRY", "failed, waits for the next attempt"
    SUCCESS = "SUCCESS", "ended with a result"
    FAILURE = "FAILURE", "ended with an error"
    REVOKED = "REVOKED", "ended because its owner cancelled it"


UNFINISHED = (State.PENDING, State.STARTED, State.RETRY)
FINISHED = (State.SUCCESS, State.FAILURE, State.REVOKED)


OWN = "program"
"""The owner of the runs that the program starts itself."""

CELERY = "celery"
"""The owner of the runs that somebody asked for by Celery."""


class TaskRun(models.Model):
    """One accepted request and all that became of it. ``attempt`` is the fencing token: every write of a
    worker names the attempt it claimed and changes nothing once another attempt has begun."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    owner = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    request = models.JSONField()
    # The request in words, for people; empty in rows of older versions.
    description = models.TextField(default="", db_default="", blank=True)
    request_key = models.CharField(max_length=64)
    dataset_version = models.CharField(max_length=40)
    queue = models.CharField(max_length=20)
    # A key of the address that a visitor asked from, until the run ends; NULL for users' runs.
    address = models.CharField(max_length=32, null=True)
    # What log lines and traces know the request by; each message of the run carries it. NULL in older rows.
    origin = models.JSONField(null=True)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    # When a publisher shall bring the id to the broker; NULL holds the run back until its owner's turn.
    publish_at = models.DateTimeField(null=True)
    publishes = models.PositiveIntegerField(default=0)

    attempt = models.PositiveIntegerField(default=0)
    # Those that have ended: number, worker, started_at, ended_at, outcome, error_code.
    attempts = models.JSONField(default=list)
    claimed_at = models.DateTimeField(null=True)
    next_attempt_at = models.DateTimeField(null=True)
    # Since when workers hand it back, because they lack the dataset version; NULL once one has taken it.
    handed_back_since = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, default="", blank=True)
    # How many requests wait for this run: a cancel withdraws one, the last one stops the work.
    interested = models.PositiveIntegerField(default=1)
    cancel_requested_at = models.DateTimeField(null=True)

    phase = models.CharField(max_length=60, default="", blank=True)
    current = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=20, default="", blank=True)

    result = models.JSONField(null=True)
    error = models.JSONField(null=True)
    traceback = models.TextField(default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "request_key"],
                condition=Q(state__in=UNFINISHED, cancel_requested_at__isnull=True),
                name="one_equal_unfinished_run",
            )
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="run_history"),
            models.Index(fields=["owner", "request_key", "-created_at"], name="run_by_request"),
            models.Index(
                fields=["queue", "created_at"], name="run_pending", condition=Q(state=State.PENDING)
            ),
            # Of few rows each, however many have ended: the sweeper asks by these, twice a second.
            models.Index(fields=["publish_at"], name="run_outbox", condition=Q(state=State.PENDING)),
            models.Index(fields=["lease_until"], name="run_leased", condition=Q(state=State.STARTED)),
            models.Index(fields=["next_attempt_at"], name="run_retrying", condition=Q(state=State.RETRY)),
            models.Index(fields=["address"], name="run_from", condition=Q(address__isnull=False)),
            models.Index(fields=["expires_at"], name="run_expiry", condition=Q(expires_at__isnull=False)),
            models.Index(
                fields=["handed_back_since"],
                name="run_handed_back",
                condition=Q(handed_back_since__isnull=False),
            ),
            models.Index(fields=["finished_at"], name="run_ended", condition=Q(finished_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


class ExportFile(models.Model):
    """A published file; its export_id is the id of its run. ``path`` is relative to the export folder;
    ``deleted_at`` is set when the file is gone, ``read_at`` when somebody begins to read it. ``address`` is a
    key of where a visitor asked from, empty for users."""

    run = models.OneToOneField(
        TaskRun, on_delete=models.CASCADE, related_name="export_file", primary_key=True
    )
    owner = models.CharField(max_length=80)
    address = models.CharField(max_length=32, default="", db_default="", blank=True)
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=200)
    format = models.CharField(max_length=10)
    rows = models.BigIntegerField()
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    filters_in_words = models.TextField()
    dataset_version = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="export_history"),
            models.Index(fields=["expires_at"], name="export_expiry", condition=Q(deleted_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name


class FileShare(models.Model):
    """A link that opens an export file to whoever has it, until ``ends_at`` or until it is revoked. It stays
    when it has ended, so that it can say so. ``made_by``: the name of a user, empty for visitors."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without a constraint: the release before knows no shares, and deletes files that have some.
    export = models.ForeignKey(
        ExportFile, on_delete=models.CASCADE, db_constraint=False, related_name="shares"
    )
    # As it is, not its hash: its owner is shown the link again, and it opens no more than the file.
    key = models.CharField(max_length=43, unique=True)
    made_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link to {self.export_id}"


class IdempotencyKey(models.Model):
    """An ``Idempotency-Key`` that an owner sent, and the run that its request made or joined."""

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    run = models.ForeignKey(TaskRun, on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_use_of_a_key")]
        indexes = [models.Index(fields=["created_at"], name="key_age")]

    def __str__(self) -> str:
        return self.key


class SignInTry(models.Model):
    """A password that was tried, under keys of account and address; ``failed`` once it was found wrong. No
    names and no addresses are kept."""

    account = models.CharField(max_length=32)
    address = models.CharField(max_length=32)
    failed = models.BooleanField(default=False)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["address", "at"], name="tries_from"),
            models.Index(fields=["at"], name="try_age"),
        ]

    def __str__(self) -> str:
        return f"{self.account} from {self.address}"


class DeadReason(models.TextChoices):
    """Why a task was given up."""

    ATTEMPTS_USED_UP = "attempts-used-up", "every attempt failed"
    CRASH_LOOP = "crash-loop", "its worker died again and again"
    TIME_LIMIT = "time-limit", "it took longer than its kind allows"
    NO_DATASET = "no-dataset", "no worker had its dataset version"
    UNREADABLE = "unreadable-message", "the broker delivered something that is no task"


class DeadLetter(models.Model):
    """A task that was given up, until an operator replays or discards it. ``run`` is None where the message
    could not be read; ``message`` holds what was delivered then."""

    run = models.ForeignKey(TaskRun, on_delete=models.CASCADE, null=True, related_name="dead_letters")
    reason = models.CharField(max_length=30, choices=DeadReason.choices)
    queue = models.CharField(max_length=20)
    error = models.JSONField(null=True)
    attempts = models.JSONField(default=list)
    traceback = models.TextField(default="", blank=True)
    message = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)
    resolution = models.CharField(max_length=20, default="", blank=True)
    resolved_by = models.CharField(max_length=80, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["resolved_at", "-created_at"], name="letters_open")]

    def __str__(self) -> str:
        return f"{self.reason} in {self.queue}"


class OperatorAlert(models.Model):
    """Something that operators should know of, for as long as it holds. ``told_at`` is when they were last
    told; NULL until it has held for a while."""

    name = models.CharField(max_length=60, primary_key=True)
    text = models.TextField()
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Pulse(models.Model):
    """When something that nobody waits for, but everything depends on, was last seen to have an effect."""

    name = models.CharField(max_length=20, primary_key=True)
    beaten_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class KnownWorker(models.Model):
    """A worker that has answered a roll call (``data_processing.operations.watch.roll``). ``process`` tells
    one start of it from the next, ``missed`` how many calls in a row it has not answered; ``stopped_at`` is
    set when it has ended in order, ``restarted_at`` when it came back without."""

    name = models.CharField(max_length=200, primary_key=True)
    queues = models.JSONField(default=list)
    process = models.CharField(max_length=60)
    since = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(db_default=Now())
    missed = models.PositiveIntegerField(default=0)
    restarts = models.PositiveIntegerField(default=0)
    restarted_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """A count of what rows that may be gone by now said: ``data_processing.lifecycle.runs.tallies``."""

    metric = models.CharField(max_length=20)
    labels = models.CharField(max_length=80, blank=True)
    value = models.FloatField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["metric", "labels"], name="one_tally")]

    def __str__(self) -> str:
        return f"{self.metric} {self.labels}: {self.value:g}"
