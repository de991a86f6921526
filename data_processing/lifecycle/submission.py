"""Accepting a request: join, reuse or record it, then bring it to the broker."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from contracts.questions.query import digest
from data_processing.database.constraints import violates
from data_processing.database.release import release_connections
from data_processing.errors import KeyReused
from data_processing.instruments import count_lookup
from data_processing.kinds.kind import R, TaskKind, TaskRequest
from data_processing.kinds.registry import BULK_QUEUES
from data_processing.lifecycle import outbox
from data_processing.lifecycle.runs import insertion
from data_processing.lifecycle.runs.window import EVERYBODY, OwnerLimits
from data_processing.models import OWN, ExportFile, IdempotencyKey, TaskRun
from data_processing.outputs import export_store, files

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The run that answers a request; ``new`` when the request made it, ``reused`` when it has a result."""

    run: TaskRun
    new: bool = False
    reused: bool = False


def request_key(kind: str, wanted: TaskRequest, version: str) -> str:
    """The key of a question: equal for equal requests on the same dataset version."""
    return digest({"kind": kind, "request": wanted.to_json(), "version": version})


def accept(
    kind: TaskKind[R],
    wanted: R,
    *,
    owner: str,
    version: str,
    idempotency_key: str | None,
    address: str | None = None,
) -> Accepted:
    """Accept a request; ``address`` is a key of where a visitor asks from. Raises TooManyTasks,
    ExportStoreFull, KeyReused."""
    key = request_key(kind.name, wanted, version)
    # Before there is a transaction: an object store may let one wait.
    finished = get_reusable(owner, key) if kind.formats else None
    record = partial(
        _reuse_or_record,
        kind,
        wanted,
        owner=owner,
        version=version,
        address=address,
        key=key,
        finished=finished,
    )
    if idempotency_key is None:
        accepted = record()
    else:
        body_digest = digest({"kind": kind.name, "request": wanted.to_json()})
        accepted = _accept_once(record, owner=owner, key=idempotency_key, body_digest=body_digest)
    # After the commit: a worker that is faster would find no row. One without a time to publish is held back.
    if accepted.new and accepted.run.publish_at is not None:
        outbox.publish_new(accepted.run)
    _log_accepted(accepted)
    return accepted


def record_own(
    kind: TaskKind[R], wanted: R, *, queue: str, wait_s: float = 0.0, version: str = ""
) -> TaskRun:
    """A run of the program's own, on a dataset version if its kind needs one, which is nobody's, joins no
    other and knows no limits. It is recorded in the caller's transaction, and brought to the broker when that
    has been committed: at once, or ``wait_s`` later by the sweeper."""
    run_id = uuid.uuid4()
    run = insertion.record(
        TaskRun(
            id=run_id,
            kind=kind.name,
            owner=OWN,
            request=wanted.to_json(),
            description=wanted.describe(),
            # Its own id: two equal jobs are two.
            request_key=run_id.hex,
            dataset_version=version,
            queue=queue,
            created_at=timezone.now(),
        ),
        publish_in_s=wait_s or outbox.FIRST_PUBLISH_GRACE_S,
    )
    if not wait_s:
        transaction.on_commit(partial(outbox.publish_new, run))
    return run


def record_file(kind: TaskKind[R], wanted: R, *, version: str) -> TaskRun:
    """A run of the program's own that makes a file of a dataset version, or the equal one that is unfinished.
    It takes turns with others of the program's, so that users' tasks come between, but knows no limit."""
    run, new = insertion.submit(
        kind=kind.name,
        owner=OWN,
        request=wanted.to_json(),
        description=wanted.describe(),
        request_key=request_key(kind.name, wanted, version),
        dataset_version=version,
        queue=kind.queue,
        publish_in_s=outbox.FIRST_PUBLISH_GRACE_S,
        limits=OwnerLimits(unfinished=EVERYBODY, window=settings.OWNER_WINDOW, window_queues=BULK_QUEUES),
    )
    if new and run.publish_at is not None:
        outbox.publish_new(run)
    return run


def _log_accepted(accepted: Accepted) -> None:
    run = accepted.run
    facts: dict[str, object] = {"task_id": str(run.id), "kind": run.kind, "new": accepted.new}
    # What people search for is nobody's affair, unless the operator has decided otherwise.
    if settings.LOG_SEARCH_TEXT:
        facts["asked"] = run.description
    logger.info("task accepted", extra=facts)


def get_reusable(owner: str, key: str) -> TaskRun | None:
    """The owner's finished export of the same question, while its file lives and is where it should be."""
    # Not one that is about to go: the client has still to fetch it.
    living = ExportFile.objects.filter(
        owner=owner, run__request_key=key, deleted_at=None, expires_at__gt=Now() + timedelta(minutes=5)
    )
    export = living.select_related("run").order_by("-created_at").first()
    return export.run if export is not None and _has_file(export) else None


def _has_file(export: ExportFile) -> bool:
    """Looked for, because a disk that is lost takes files with it whose rows know nothing of it."""
    release_connections()
    try:
        return files.is_there(export.path)
    except files.STORE_ERRORS as error:
        logger.warning("the file of export %s cannot be looked for now: %s", export.pk, error)
        return True


def _reuse_or_record(
    kind: TaskKind[R],
    wanted: R,
    *,
    owner: str,
    version: str,
    address: str | None,
    key: str,
    finished: TaskRun | None,
) -> Accepted:
    if kind.formats:
        count_lookup("exports", hit=finished is not None)
        if finished is not None:
            return Accepted(run=finished, reused=True)
        export_store.expect_room()
    run, new = insertion.submit(
        kind=kind.name,
        owner=owner,
        address=address,
        request=wanted.to_json(),
        description=wanted.describe(),
        request_key=key,
        dataset_version=version,
        queue=kind.queue,
        publish_in_s=outbox.FIRST_PUBLISH_GRACE_S,
        limits=OwnerLimits(
            unfinished=settings.OWNER_MAX_UNFINISHED,
            window=settings.OWNER_WINDOW,
            window_queues=BULK_QUEUES,
            from_address=settings.ADDRESS_MAX_UNFINISHED,
            address_window=settings.ADDRESS_WINDOW,
        ),
    )
    return Accepted(run=run, new=new)


def _accept_once(record: Callable[[], Accepted], *, owner: str, key: str, body_digest: str) -> Accepted:
    used = IdempotencyKey.objects.filter(owner=owner, key=key)
    used.filter(created_at__lt=Now() - timedelta(hours=settings.IDEMPOTENCY_KEEP_HOURS)).delete()
    while True:
        earlier = used.select_related("run").first()
        if earlier is not None and earlier.body_digest != body_digest:
            raise KeyReused("this Idempotency-Key was used with another request")
        if earlier is not None:
            return Accepted(run=earlier.run)
        try:
            # Together: a run whose key is lost would be made again by the repetition.
            with transaction.atomic():
                accepted = record()
                IdempotencyKey.objects.create(owner=owner, key=key, body_digest=body_digest, run=accepted.run)
        except IntegrityError as error:
            if not violates(error, IdempotencyKey, "one_use_of_a_key"):
                raise
            # The same key arrived twice at once; the other request's run is the answer.
            continue
        return accepted
