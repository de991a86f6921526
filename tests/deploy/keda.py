"""The schemas of KEDA's objects, as far as the chart uses them: nothing else may stand there. After the
reference of KEDA 2.15 to 2.22 (ScaledObject specification, TriggerAuthentication, PostgreSQL scaler)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}


def _closed(**members: Schema) -> Schema:
    """An object that has these members and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(members),
        "properties": members,
    }


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": item}


def _object(kind: str, spec: Schema) -> Schema:
    metadata = _closed(name=TEXT, labels={"type": "object", "additionalProperties": TEXT})
    version: Schema = {"const": "keda.sh/v1alpha1"}
    return _closed(apiVersion=version, kind={"const": kind}, metadata=metadata, spec=spec)


SCALE_DOWN = _closed(
    stabilizationWindowSeconds={"type": "integer", "minimum": 0, "maximum": 3600},
    policies=_list_of(_closed(type={"enum": ["Pods", "Percent"]}, value=COUNT, periodSeconds=COUNT)),
)
TRIGGER = _closed(
    type={"const": "postgresql"},
    # A scaler takes text alone.
    metadata=_closed(query=TEXT, targetQueryValue={"type": "string", "pattern": r"^\d+(\.\d+)?$"}),
    authenticationRef=_closed(name=TEXT),
)
SCHEMAS: Mapping[str, Schema] = {
    "ScaledObject": _object(
        "ScaledObject",
        _closed(
            scaleTargetRef=_closed(name=TEXT),
            pollingInterval=COUNT,
            minReplicaCount=COUNT,
            maxReplicaCount=COUNT,
            fallback=_closed(failureThreshold=COUNT, replicas=COUNT),
            advanced=_closed(horizontalPodAutoscalerConfig=_closed(behavior=_closed(scaleDown=SCALE_DOWN))),
            triggers=_list_of(TRIGGER),
        ),
    ),
    "TriggerAuthentication": _object(
        "TriggerAuthentication",
        _closed(secretTargetRef=_list_of(_closed(parameter={"const": "connection"}, name=TEXT, key=TEXT))),
    ),
}
