"""The pages: shells that their scripts fill from the public API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.mixins import AccessMixin
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.generic import TemplateView

from api.access.owners import owner_of
from api.views.ops import QUEUES
from api.views.oversight.flags import represent_flag
from contracts.fields import REPAIRABLE
from contracts.flags.flag import VERDICT, Flag
from contracts.flags.registry import FLAGS
from contracts.questions.dimensions import DIMENSIONS, NAMES
from contracts.questions.entities.kinds import KINDS
from contracts.questions.filters import EXACT, Exact
from contracts.questions.tables import MEASURES
from contracts.reasons import REASONS
from data_processing.kinds.exporting import FORMATS
from data_processing.kinds.registry import OFFERED
from data_processing.models import DeadReason

DECLARED = json.dumps(
    [
        {
            "filter": name,
            "word": exact.word,
            "words": exact.words,
            "plural": exact.plural,
            "dimension": NAMES[exact.word].total,
            "more": exact.more,
        }
        for name, exact in EXACT.items()
    ]
)
"""The exact filters for the scripts (declared.js)."""

_FILTERS = {exact.word: name for name, exact in EXACT.items()}
GROUPED_BY = json.dumps(
    [
        {"name": one.name, "label": one.label, "plural": one.plural, "filter": _FILTERS.get(one.name)}
        for one in DIMENSIONS.values()
    ]
)
"""What tables are made by, for the scripts (table.js)."""

MEASURED = json.dumps(
    [{"name": one.name, "label": one.label, "type": one.type.value} for one in MEASURES.values()]
)
"""What tables say of each group."""

MODULES = tuple(
    f"web/{name}.js"
    for name in (
        "amounts",
        "api",
        "chips",
        "columns",
        "combobox",
        "declared",
        "dom",
        "events",
        "exportcard",
        "exports",
        "filters",
        "headline",
        "implausible",
        "menu",
        "names",
        "notifications",
        "pager",
        "picker",
        "problems",
        "results",
        "searchbox",
        "shownexports",
        "suggestions",
        "summary",
        "tasks",
        "typing",
        "view",
    )
)
"""What the explorer's script imports, fetched at once instead of one after the other."""

FORMAT_LABELS = {
    "xlsx": "Excel (.xlsx)",
    "csv": "CSV (.csv)",
    "csv.gz": "Packed CSV (.csv.gz)",
    "parquet": "Parquet (.parquet)",
}


# Sets the CSRF cookie, because a signed-in user's scripts send it back.
@method_decorator(ensure_csrf_cookie, name="dispatch")
class Page(AccessMixin, TemplateView):
    """A page of the site. Who may not see it is asked to sign in, or refused when signed in already."""

    staff_only: ClassVar[bool] = False
    signed_in_only: ClassVar[bool] = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        open_to_all = settings.ANONYMOUS_ACCESS and not self.signed_in_only
        allowed = request.user.is_staff if self.staff_only else request.user.is_authenticated or open_to_all
        if not allowed:
            return self.handle_no_permission()
        # Now, because a new visitor's page asks several questions at once: each would make another owner.
        owner_of(request)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(declared=DECLARED, **kwargs)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A box of the form that takes names."""

    label: str
    hint: str
    more: bool = False


def _list_boxes(exact: Mapping[str, Exact]) -> Mapping[str, Box | Exact]:
    # Texts of an area are filtered by from charts and rows; people who type mean the place.
    place = Box(label="Place of delivery", hint="Province or region")
    boxes = {name: ("places", place) if name == "areas" else (name, one) for name, one in exact.items()}
    return dict(boxes.values())


PICKERS = _list_boxes(EXACT)
"""The boxes of names by what they filter."""
USUAL = {name: box for name, box in PICKERS.items() if not box.more}
"""Those that are not below "More filters"."""


class Explorer(Page):
    """Search, filter, charts and export."""

    template_name = "web/explorer.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        formats = [(name, FORMAT_LABELS.get(name, name)) for name in FORMATS]
        return super().get_context_data(
            pickers=PICKERS,
            formats=formats,
            modules=MODULES,
            dimensions=GROUPED_BY,
            measures=MEASURED,
            **kwargs,
        )


class Compare(Page):
    """Two filters side by side."""

    template_name = "web/compare.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            sides={"a": "A", "b": "B"},
            pickers=USUAL,
            groups=DIMENSIONS.values(),
            dimensions=GROUPED_BY,
            **kwargs,
        )


class Groups(Page):
    """Names that are the same to somebody, and how one calls them."""

    template_name = "web/groups.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = json.dumps({kind.filter: kind.name for kind in KINDS.values()})
        return super().get_context_data(kinds=kinds, **kwargs)


class Flags(Page):
    """Red flags: what each asks, and what it finds."""

    template_name = "web/flags.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            flags=[_show_flag(flag) for flag in FLAGS.values()], caution=VERDICT, pickers=USUAL, **kwargs
        )


class Analysis(Page):
    """A report on the contracts that filters mean."""

    template_name = "web/analysis.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(pickers=USUAL, **kwargs)


def _show_flag(flag: Flag) -> dict[str, object]:
    listed = represent_flag(flag)
    thresholds = [{**one, "shown": f"{one['value']:,.10g}"} for one in listed["thresholds"]]
    return {**listed, "thresholds": thresholds, "shown": json.dumps(listed["figures"])}


KIND_LABELS = {"export": "Exports", "search": "Searches", "aggregates": "Totals"}


def list_consoles() -> dict[str, str]:
    """The addresses of other programs for operators, as far as the settings name them."""
    links = {"Flower": settings.FLOWER_URL, "RabbitMQ": settings.RABBITMQ_URL}
    return {name: url for name, url in links.items() if url}


class MyTasks(Page):
    """The history of one's own tasks, live; staff see everybody's."""

    template_name = "web/tasks.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = [(name, KIND_LABELS.get(name) or name.replace("_", " ").capitalize()) for name in OFFERED]
        return super().get_context_data(kinds=kinds, consoles=list_consoles(), **kwargs)


class Operations(Page):
    """What the machine does, for staff."""

    template_name = "web/operations.html"
    staff_only = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(consoles=list_consoles(), **kwargs)


class DeadLetters(Page):
    """Tasks that were given up, by their error and one by one, for staff."""

    template_name = "web/dead_letters.html"
    staff_only = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            consoles=list_consoles(), reasons=DeadReason.choices, queues=QUEUES, **kwargs
        )


class Datasets(Page):
    """Versions of the data, where they come from and what they leave out."""

    template_name = "web/datasets.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = json.dumps({"reasons": REASONS, "repairable": REPAIRABLE})
        return super().get_context_data(words=words, **kwargs)


class Help(Page):
    """How to use the site, in plain words."""

    template_name = "web/help.html"
