"""One part of an export that another worker holds. The part is a favour: whatever happens here, its holder
ends the run."""

from __future__ import annotations

import logging
import uuid
from contextlib import closing
from functools import partial

from contracts.errors import ContractsError
from data_processing.errors import TaskError
from data_processing.kinds import export
from data_processing.kinds.context import Context
from data_processing.kinds.registry import KINDS
from data_processing.kinds.split import fill_part
from data_processing.lifecycle.lease import HelpingHold, keeper
from data_processing.lifecycle.runs import claims
from data_processing.lifecycle.runs.claims import Claim
from data_processing.outputs.parts import PartClaim, PartPlan, Parts

logger = logging.getLogger(__name__)


def write_part(run_id: uuid.UUID, *, attempt: int, part: int) -> None:
    """Write the part, unless it is done or taken, or the attempt has ended; leave no file when it fails."""
    held = claims.get_held(run_id, attempt=attempt)
    parts = Parts(run_id, attempt=attempt)
    plans = parts.read_plans()
    if held is None or held.kind not in KINDS or plans is None or part >= len(plans):
        return
    mine = parts.claim(part)
    if mine is None:
        return
    try:
        _fill(held, mine, plans[part])
    except (TaskError, ContractsError, OSError) as error:
        logger.warning("part %s of run %s is left to its holder: %r", part, run_id, error)


def _fill(held: Claim, mine: PartClaim, plan: PartPlan) -> None:
    wanted = export.ExportRequest.from_json(held.request)
    limit_s = KINDS[held.kind].time_limit_s
    with keeper.hold(HelpingHold(held, time_limit_s=limit_s, beat=mine.beat)) as hold:
        context = Context(
            run_id=held.run_id,
            attempt=held.attempt,
            dataset_version=held.dataset_version,
            asked_at=held.created_at,
            slot=hold,
        )
        with (
            context.open_reader(memory_mb=export.memory_for(wanted.query)) as reader,
            closing(fill_part(mine, plan, partial(export.write_part, wanted, reader))) as filling,
        ):
            for _ in filling:
                hold.check()
