"""Endpoints over groups of names: chosen by people, their own or staff's for everybody."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.urls import reverse
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import groups as shapes
from api.models import READ, WATCH
from api.requests.headers import LOCATION
from api.requests.parameters import Choice, Text
from api.view import Answer, ApiView, refusal
from contracts.questions.entities.addresses import make_slug
from contracts.questions.entities.kinds import KINDS
from contracts.questions.model import Question
from contracts.questions.texts import MAX_NAME_LENGTH
from monitors.models import NameGroup
from monitors.names import groups
from monitors.names.groups import GroupChange, GroupToKeep

STAFF_ONLY = "Groups for everybody are for staff to choose."
ONE = Answer(meaning="the group", shape=shapes.NameGroup)


class NameGroupList(ApiView):
    """Names that are the same: one's own groups and those for everybody; POST keeps one."""

    query = (
        Choice(name="kind", meaning="whose names", choices=tuple(KINDS)),
        Text(name="name", meaning="only groups that hold this exact name", at_most=MAX_NAME_LENGTH),
    )
    body = GroupToKeep
    scopes: ClassVar = {"GET": READ, "POST": WATCH}
    answers: ClassVar = {
        "GET": {200: Answer(meaning="the groups, by name", shape=shapes.NameGroups)},
        "POST": {
            201: Answer(meaning="it is kept", shape=shapes.NameGroup, headers=(LOCATION,)),
            409: refusal("there are as many as there may be"),
        },
    }

    def get(self, request: Request) -> Response:
        found = groups.list_groups(owner_of(request), kind=self.asked["kind"], holding=self.asked["name"])
        return Response({"groups": [represent(group) for group in found]})

    def post(self, request: Request) -> Response:
        wanted = GroupToKeep.from_json(request.data)
        _refuse_others(request, everybody=wanted.everybody)
        shown = represent(groups.keep(owner_of(request), wanted))
        return Response(shown, status=201, headers={"Location": shown["links"]["self"]})


class NameGroupDetail(ApiView):
    """One of them; PATCH calls it otherwise, DELETE takes it away."""

    body: ClassVar[type[Question]] = GroupChange
    scopes: ClassVar = {"GET": READ, "PATCH": WATCH, "DELETE": WATCH}
    answers: ClassVar = {
        "GET": {200: ONE},
        "PATCH": {200: ONE},
        "DELETE": {204: Answer(meaning="it is gone")},
    }

    def get(self, request: Request, group_id: uuid.UUID) -> Response:
        return Response(represent(groups.get_group(owner_of(request), group_id)))

    def patch(self, request: Request, group_id: uuid.UUID) -> Response:
        group = _get_changeable(request, group_id)
        return Response(represent(groups.rename(group, GroupChange.from_json(request.data))))

    def delete(self, request: Request, group_id: uuid.UUID) -> Response:
        _get_changeable(request, group_id).delete()
        return Response(status=204)


def _get_changeable(request: Request, group_id: uuid.UUID) -> NameGroup:
    group = groups.get_group(owner_of(request), group_id)
    _refuse_others(request, everybody=group.everybody)
    return group


def _refuse_others(request: Request, *, everybody: bool) -> None:
    if everybody and not request.user.is_staff:
        raise PermissionDenied(STAFF_ONLY)


def represent(group: NameGroup) -> shapes.NameGroup:
    return {
        "id": str(group.pk),
        "kind": group.kind,
        "name": group.name,
        "names": [{"name": name, "slug": make_slug(name)} for name in group.names],
        "filter": KINDS[group.kind].filter,
        "everybody": group.everybody,
        "created_at": group.created_at.isoformat(),
        "links": {"self": reverse("name-group-detail", args=[group.pk])},
    }
