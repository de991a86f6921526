"""The anomalies as a page: what is unlike its past or its kind, with a chart and the way to its contracts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from api.requests.parameters import Parameter
from api.views.oversight.anomalies import ASKED, find_anomalies
from contracts.anomalies.answers import Anomaly, SeriesMonth
from contracts.anomalies.declared import AMOUNT, CAUTION, KINDS, LEVEL
from contracts.errors import InvalidQuery, NotTrained
from contracts.questions.filters import EXACT
from data_processing.models import TaskRun
from monitors.anomalies import training
from web.pages.public import PublicPage, explain

HEIGHT = 100
ENDS = {"from": "start", "to": "end"}
"""Parameter of an address -> end of a range of days."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A month; ``unusual`` where it is of the anomaly."""

    x: int
    y: float
    height: float
    unusual: bool
    month: SeriesMonth


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A series around an anomaly. ``band`` and ``expected`` are points of SVG, in runs without gaps. x counts
    months, y goes to HEIGHT."""

    width: int
    first: str
    last: str
    most: str
    band: Sequence[str]
    expected: Sequence[str]
    bars: Sequence[Bar]


class AnomaliesPage(PublicPage):
    """A page of the anomalies, the strongest first."""

    template_name = "web/anomalies.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            asked = {one.name: _read(one, request.GET.get(one.name)) for one in ASKED}
        except InvalidQuery as error:
            return explain(request, 400, "This address cannot be read", f"{error}.")
        try:
            found = find_anomalies(asked)
        except NotTrained as error:
            text = str(error)
            context = {"why": f"{text[0].upper()}{text[1:]}.", "run": self._find_run()}
            return render(request, "web/untrained.html", context, status=404)
        return self.render_to_response(self.get_context_data(asked=asked, found=found))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have anomalies looked for (again), for staff."""
        if not request.user.is_staff:
            return self.handle_no_permission()
        training.ask_model()
        return redirect("anomalies")

    def _find_run(self) -> TaskRun | None:
        """The run that is at it, for those who may start one."""
        return training.find_unfinished() if self.request.user.is_staff else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked, found = kwargs["asked"], kwargs["found"]
        page, pages = found["page"], -(-found["count"] // found["page_size"])
        return super().get_context_data(
            shown=[
                (one, say(one), make_address(one["filters"]), _address_compared(one), draw(one))
                for one in found["anomalies"]
            ],
            run=self._find_run(),
            kinds=KINDS,
            trials=[(one, one["found"] / one["tried"]) for one in found["model"]["trials"] if one["tried"]],
            caution=CAUTION,
            first=(page - 1) * found["page_size"] + 1,
            pages=pages,
            before=_link(asked, page - 1) if page > 1 else None,
            after=_link(asked, page + 1) if page < pages else None,
            json=_link(asked, page),
            **kwargs,
        )


def say(anomaly: Anomaly) -> str:
    """What was found, in a sentence."""
    actual, expected = Decimal(anomaly["actual"]), Decimal(anomaly["expected"])
    above = actual > expected
    times = (actual if above else expected) / max(expected if above else actual, Decimal("0.01"))
    much = f"{times:,.1f} times" if above else f"one part in {times:,.1f} of"
    if anomaly["kind"] == AMOUNT:
        return f"{much} the median of {anomaly['like_contracts']:,} like contracts"
    if anomaly["kind"] == LEVEL:
        return f"a usual month has {much} what it had in the year before"
    return f"{much} what season and trend let expect"


def make_address(filters: Mapping[str, Any]) -> str:
    """The address of the explorer with exactly the contracts of an anomaly, or those that it was compared
    with, as its scripts read it (view.js)."""
    amounts = filters["value_range"]
    given = [(exact.word, name) for field, exact in EXACT.items() for name in filters.get(field, ())]
    given += [(end, days[f"{name}_date"]) for days in filters["time_ranges"] for end, name in ENDS.items()]
    given += [(end, amounts[end]) for end in ("min", "max") if amounts[end] is not None]
    return f"{reverse('explorer')}?{urlencode(given)}"


def _address_compared(anomaly: Anomaly) -> str:
    address = make_address(anomaly["compared_filters"])
    return address if anomaly["kind"] == AMOUNT else f"{address}&show=table&by=month&order=label"


def draw(anomaly: Anomaly) -> Chart | None:
    """The chart of its series; None where it has none."""
    months = anomaly["series"]
    if not months:
        return None
    known = [value for one in months for value in (one["actual"], one["expected"]) if value is not None]
    most = max(map(Decimal, known))
    runs = list(_list_runs(months))
    return Chart(
        width=len(months),
        first=months[0]["month"],
        last=months[-1]["month"],
        most=f"{most:.2f}",
        band=[
            f"{_say_points([(x, one['high']) for x, one in run], most)} "
            f"{_say_points([(x, one['low']) for x, one in reversed(run)], most)}"
            for run in runs
        ],
        expected=[_say_points([(x, one["expected"]) for x, one in run], most) for run in runs],
        bars=[_draw_bar(x, one, most, anomaly) for x, one in enumerate(months) if one["actual"] is not None],
    )


def _draw_bar(x: int, one: SeriesMonth, most: Decimal, anomaly: Anomaly) -> Bar:
    # What is there is seen, however little it is beside the highest.
    y = min(_place(one["actual"], most), HEIGHT - 1.0)
    unusual = anomaly["first_day"][:7] <= one["month"] <= anomaly["last_day"][:7]
    return Bar(x=x, y=y, height=round(HEIGHT - y, 1), unusual=unusual, month=one)


def _say_points(points: Sequence[tuple[int, str | None]], most: Decimal) -> str:
    return " ".join(f"{x + 0.5},{_place(value, most)}" for x, value in points)


def _place(value: str | None, most: Decimal) -> float:
    # The upper end of the band may be many times all that there was: it is cut off.
    share = min(Decimal(1), Decimal(value or 0) / most)
    return round(HEIGHT * float(1 - share), 1)


def _list_runs(months: Sequence[SeriesMonth]) -> Iterator[list[tuple[int, SeriesMonth]]]:
    """The months that have something expected, those without a gap together."""
    run: list[tuple[int, SeriesMonth]] = []
    for x, one in enumerate(months):
        if one["expected"] is not None:
            run.append((x, one))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _read(parameter: Parameter, text: str | None) -> Any:
    """Its value; a field of the form that was left empty is not given. Raises InvalidQuery."""
    return parameter.read(text, f"/{parameter.name}") if text else parameter.default


def _link(asked: Mapping[str, Any], page: int) -> str:
    """The query string of another page of the same."""
    defaults = {one.name: one.default for one in ASKED}
    given = {**asked, "page": page}
    return f"?{urlencode([(name, value) for name, value in given.items() if value != defaults[name]])}"
