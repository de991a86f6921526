"""Train anomalies: the anomaly model of a dataset version, as a file beside it."""

from __future__ import annotations

from typing import TypedDict

from contracts.anomalies.model import write_model
from contracts.anomalies.training import train
from data_processing import datasets
from data_processing.kinds.context import Context, Outcome, Work
from data_processing.kinds.kind import TaskKind, TaskRequest


class TrainAnomaliesRequest(TaskRequest):
    """Of the dataset version of the run; there is nothing to choose."""

    def describe(self) -> str:
        return "Train the anomaly model"


class TrainAnomaliesResult(TypedDict):
    """How many anomalies of each kind there are, and how many contracts could be judged."""

    found: dict[str, int]
    contracts_judged: int


def train_anomalies(request: TrainAnomaliesRequest, context: Context) -> Work:
    """Payload: TrainAnomaliesResult. The file is there whole or not at all; the last one that is written
    stays. Raises contracts.errors.OutOfSpace, SnapshotMissing."""
    with context.open_reader() as reader:
        model = yield from train(reader, context.dataset_version)
    write_model(datasets.get_snapshot(context.dataset_version), model)
    payload: TrainAnomaliesResult = {
        "found": model.facts["found"],
        "contracts_judged": model.facts["coverage"]["contracts_judged"],
    }
    return Outcome(payload=payload)


KIND = TaskKind(
    name="train_anomalies",
    task="train_anomaly_model_task",
    queue="low",
    about="Make the anomaly model of a dataset version.",
    request=TrainAnomaliesRequest,
    result=TrainAnomaliesResult,
    work=train_anomalies,
    time_limit_s=900,
    by_clients=False,
)
