"""Writes one part of an export that another worker holds. The holder can do without: whatever happens here,
it ends the run."""

from __future__ import annotations

import logging
import time
import uuid
from contextlib import closing
from functools import partial

from django.conf import settings

from contracts.errors import ContractsError
from data_processing.errors import TaskError
from data_processing.kinds import export
from data_processing.kinds.context import Context
from data_processing.kinds.exporting import fill_part
from data_processing.kinds.registry import KINDS
from data_processing.lifecycle.lease import HelpingHold, keeper
from data_processing.lifecycle.runs import claims
from data_processing.lifecycle.runs.claims import Claim
from data_processing.outputs import files
from data_processing.outputs.parts import PartClaim, PartPlan, Parts

logger = logging.getLogger(__name__)

ENDS_WITHIN_S = 1.0


def write_part(run_id: uuid.UUID, *, attempt: int, part: int) -> None:
    """Write the part, unless it is done or taken, or the attempt has ended; leave no file when it fails."""
    held = claims.get_held(run_id, attempt=attempt)
    parts = Parts(run_id, attempt=attempt)
    plans = parts.read_plans()
    if held is None or held.kind not in KINDS:
        return
    if plans is None:
        _report_unseen(held)
        return
    if part >= len(plans):
        return
    mine = parts.claim(part)
    if mine is None:
        return
    try:
        _fill(held, mine, plans[part])
    except (TaskError, ContractsError, OSError) as error:
        logger.warning("part %s of run %s is left to its holder: %r", part, run_id, error)


def _report_unseen(held: Claim) -> None:
    """Log an error where the holder's files cannot be seen from here."""
    # Mostly nothing is wrong and the parts are done: then the file that they were joined to is there, until
    # the run ends.
    name = files.partial_name(held.run_id, attempt=held.attempt, suffix=str(held.request.get("format")))
    # In the order in which the one becomes the other.
    if any(files.absolute_path(path).exists() for path in (name, files.final_name(name))):
        return
    # An attempt that fails removes its files a moment before it ends.
    time.sleep(ENDS_WITHIN_S)
    if claims.is_held(held):
        logger.error(
            "run %s is shared by %s, but no file of it is seen in %s: let all workers mount one export "
            "folder, or set EXPORT_FOLDER_SHARED=0 and EXPORT_S3_BUCKET",
            held.run_id,
            held.worker,
            settings.EXPORT_ROOT,
        )


def _fill(held: Claim, mine: PartClaim, plan: PartPlan) -> None:
    wanted = export.ExportRequest.from_json(held.request)
    limit_s = KINDS[held.kind].time_limit_s
    with keeper.hold(HelpingHold(held, time_limit_s=limit_s, beat=mine.beat)) as hold:
        context = Context(
            run_id=held.run_id,
            attempt=held.attempt,
            dataset_version=held.dataset_version,
            asked_at=held.created_at,
            claimed_at=held.claimed_at,
            worker=held.worker,
            queue=held.queue,
            hold=hold,
        )
        with (
            context.open_reader(memory_mb=export.memory_for(wanted)) as reader,
            closing(fill_part(mine, plan, partial(export.write_part, wanted, reader))) as filling,
        ):
            for _ in filling:
                hold.check()
