"""Endpoints over saved searches: one's own, shared ones, those that everybody finds ready."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.access.owners import owner_of
from api.document import watched
from api.models import READ, WATCH
from api.requests.headers import LOCATION
from api.view import Answer, ApiView, refusal
from contracts.questions.filters import Filters
from contracts.questions.model import Question
from monitors import saved
from monitors.builtin import BUILT_IN
from monitors.models import SavedSearch
from monitors.questions import SearchChange, SearchFile, SearchToSave

GONE = Answer(meaning="it is gone")
UNREADABLE = "Filters that another version of the program saved"
FULL = refusal("you have as many as you may keep")
ONE = Answer(meaning="the saved search", shape=watched.SavedSearch)
MADE = Answer(meaning="it is kept", shape=watched.SavedSearch, headers=(LOCATION,))
ALL = Answer(meaning="all of them", shape=watched.SavedSearches)


class SavedSearchList(ApiView):
    """One's own saved searches, what was used last first."""

    body = SearchToSave
    scopes: ClassVar = {"GET": READ, "POST": WATCH}
    answers: ClassVar = {"GET": {200: ALL}, "POST": {201: MADE, 409: FULL}}

    def get(self, request: Request) -> Response:
        return Response({"searches": [represent(one) for one in saved.list_saved(owner_of(request))]})

    def post(self, request: Request) -> Response:
        [made] = saved.save_all(owner_of(request), [SearchToSave.from_json(request.data)])
        return _answer_made(made)


class SavedSearchDetail(ApiView):
    """One of one's own; PATCH changes what it gives, DELETE takes it away."""

    body = SearchChange
    scopes: ClassVar = {"GET": READ, "PATCH": WATCH, "DELETE": WATCH}
    answers: ClassVar = {
        "GET": {200: ONE},
        "PATCH": {200: ONE},
        "DELETE": {204: GONE},
    }

    def get(self, request: Request, search_id: uuid.UUID) -> Response:
        return Response(represent(_get_own(request, search_id)))

    def patch(self, request: Request, search_id: uuid.UUID) -> Response:
        search = _get_own(request, search_id)
        return Response(represent(saved.change(search, SearchChange.from_json(request.data))))

    def delete(self, request: Request, search_id: uuid.UUID) -> Response:
        _get_own(request, search_id).delete()
        return Response(status=204)


class CopySavedSearch(ApiView):
    """Makes a second one like it."""

    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {"POST": {201: MADE, 409: FULL}}

    def post(self, request: Request, search_id: uuid.UUID) -> Response:
        return _answer_made(saved.copy(_get_own(request, search_id)))


class UseSavedSearch(ApiView):
    """Notes that it was used: it stands first from now on."""

    scopes: ClassVar = {"POST": READ}
    answers: ClassVar = {"POST": {204: Answer(meaning="it is noted")}}

    def post(self, request: Request, search_id: uuid.UUID) -> Response:
        saved.note_use(_get_own(request, search_id))
        return Response(status=204)


class ShareSavedSearch(ApiView):
    """POST opens it to whoever has its link, read-only; DELETE revokes the link."""

    scopes: ClassVar = {"POST": WATCH, "DELETE": WATCH}
    answers: ClassVar = {
        "POST": {200: ONE},
        "DELETE": {204: GONE},
    }

    def post(self, request: Request, search_id: uuid.UUID) -> Response:
        return Response(represent(saved.share(_get_own(request, search_id))))

    def delete(self, request: Request, search_id: uuid.UUID) -> Response:
        saved.revoke(_get_own(request, search_id))
        return Response(status=204)


class SharedSavedSearch(ApiView):
    """A saved search that its owner shares by a link."""

    answers: ClassVar = {"GET": {200: Answer(meaning="what the link shows", shape=watched.SharedSearch)}}

    def get(self, request: Request, key: str) -> Response:
        search = saved.get_shared(key)
        filters = saved.read_filters(search)
        return Response(_represent_shared(key, search.name, search.note, filters))


class BuiltInSearchList(ApiView):
    """Searches that everybody finds ready."""

    answers: ClassVar = {"GET": {200: Answer(meaning="all of them", shape=watched.BuiltInSearches)}}

    def get(self, request: Request) -> Response:
        shown = [_represent_shared(key, one.name, one.note, one.filters) for key, one in BUILT_IN.items()]
        return Response({"searches": shown})


class ExportSavedSearches(ApiView):
    """All of one's own, as ``import`` takes them; without those that only another version can read."""

    answers: ClassVar = {"GET": {200: Answer(meaning="the file", shape=watched.SavedSearchFile)}}

    def get(self, request: Request) -> Response:
        read = [(one, saved.read_filters(one)) for one in saved.list_saved(owner_of(request))]
        searches = [
            {"name": one.name, "note": one.note, "filters": filters.to_json()}
            for one, filters in read
            if filters is not None
        ]
        return Response({"format": "philgeps-saved-searches", "version": 1, "searches": searches})


class ImportSavedSearches(ApiView):
    """Keeps all searches of an exported file beside those that are there, or none of them."""

    body: ClassVar[type[Question]] = SearchFile
    scopes: ClassVar = {"POST": WATCH}
    answers: ClassVar = {"POST": {201: ALL, 409: FULL}}

    def post(self, request: Request) -> Response:
        owner = owner_of(request)
        saved.save_all(owner, SearchFile.from_json(request.data).searches)
        return Response({"searches": [represent(one) for one in saved.list_saved(owner)]}, status=201)


def represent(search: SavedSearch) -> watched.SavedSearch:
    filters = saved.read_filters(search)
    shared = None if search.share_key is None else reverse("saved-search-shared", args=[search.share_key])
    return {
        "id": str(search.pk),
        "name": search.name,
        "note": search.note,
        "filters": None if filters is None else filters.to_json(),
        "filters_in_words": UNREADABLE if filters is None else filters.describe(),
        "created_at": search.created_at.isoformat(),
        "changed_at": search.changed_at.isoformat(),
        "used_at": search.used_at.isoformat(),
        "links": {
            "self": reverse("saved-search-detail", args=[search.pk]),
            "copy": reverse("saved-search-copy", args=[search.pk]),
            "share": reverse("saved-search-share", args=[search.pk]),
            "shared": shared,
        },
    }


def _represent_shared(key: str, name: str, note: str, filters: Filters | None) -> watched.SharedSearch:
    return {
        "key": key,
        "name": name,
        "note": note,
        "filters": None if filters is None else filters.to_json(),
        "filters_in_words": UNREADABLE if filters is None else filters.describe(),
    }


def _get_own(request: Request, search_id: uuid.UUID) -> SavedSearch:
    # Of staff too, one's own only: what people look for is nobody's work.
    return saved.get_saved(owner_of(request), search_id)


def _answer_made(made: SavedSearch) -> Response:
    shown = represent(made)
    return Response(shown, status=201, headers={"Location": shown["links"]["self"]})
