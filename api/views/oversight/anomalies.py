"""The anomalies that the model of the current dataset version found, and having a model made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypedDict

from rest_framework.request import Request
from rest_framework.response import Response

from api.document.shapes import Id
from api.requests.headers import ETAG, IF_NONE_MATCH
from api.requests.parameters import Choice, Text, Whole
from api.view import Answer, ApiView, refusal
from api.views.contracts import WITHOUT_DATA
from api.views.entities import UNCHANGED, answer_by_etag
from api.views.ops import StaffView
from contracts.anomalies.answers import MAX_PAGE_SIZE, AnomalyList, Wanted, list_anomalies
from contracts.anomalies.declared import KINDS
from contracts.fields import Also
from contracts.questions.query import MAX_PAGE
from contracts.questions.texts import MAX_NAME_LENGTH
from data_processing import datasets
from data_processing.models import State
from monitors.anomalies import training

ASKED = (
    Choice(name="kind", meaning="anomalies of this kind", choices=tuple(KINDS)),
    Whole(name="score", meaning="with at least this score", low=0, high=1000, default=0),
    Text(name="organization", meaning="of exactly this organization", at_most=MAX_NAME_LENGTH),
    Text(name="category", meaning="of exactly this category", at_most=MAX_NAME_LENGTH),
    Whole(name="page", meaning="which page, the strongest first", low=1, high=MAX_PAGE, default=1),
    Whole(name="page_size", meaning="how many on a page", low=1, high=MAX_PAGE_SIZE, default=10),
)


class Training(TypedDict):
    """The run that makes the model, and how it stands."""

    run: Id
    state: Annotated[str, Also(enum=list(State.values))]
    dataset_version: str


class Anomalies(ApiView):
    """Months and amounts that are unlike what was expected, the strongest first, each with the contracts
    behind it and with filters that find exactly these."""

    query = ASKED
    heeds = (IF_NONE_MATCH,)
    answers: ClassVar = {
        "GET": {
            200: Answer(meaning="the anomalies", shape=AnomalyList, headers=(ETAG,)),
            304: UNCHANGED,
            404: refusal("the dataset version has no model yet; the detail says how to get one"),
            **WITHOUT_DATA,
        }
    }

    def get(self, request: Request) -> Response:
        return answer_by_etag(request, find_anomalies(self.asked))


class TrainModel(StaffView):
    """Has the anomaly model of the current dataset version made, in place of the one that is there."""

    answers: ClassVar = {"POST": {202: Answer(meaning="it will be made", shape=Training), **WITHOUT_DATA}}

    def post(self, request: Request) -> Response:
        run = training.ask_model()
        body: Training = {"run": str(run.pk), "state": run.state, "dataset_version": run.dataset_version}
        return Response(body, status=202)


def find_anomalies(asked: Mapping[str, Any]) -> AnomalyList:
    """What ASKED means, of the current dataset version. Raises NotTrained, NoDataset, SnapshotMissing."""
    store = datasets.current_store()
    with store.reader() as reader:
        return list_anomalies(Wanted(**asked), store.snapshot, reader)
