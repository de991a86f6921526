"""Paths of the incumbent. Included before the API's, some of whose they are."""

from __future__ import annotations

from django.urls import path

from compat import contracts, exports, names, tasks

CONTRACTS, DATA, TASKS = "api/v1/contracts", "api/v1/data-processing", "api/v1/data-processing/tasks"

urlpatterns = [
    *(path(f"{TASKS}/{name}/", start.as_view()) for name, start in tasks.STARTS.items()),
    path(f"{TASKS}/status/", tasks.TaskStatus.as_view()),
    path(f"{TASKS}/result/", tasks.TaskResult.as_view()),
    path(f"{DATA}/benfords-law/", contracts.BenfordsLaw.as_view()),
    path(f"{DATA}/rounding-patterns/", contracts.RoundingPatterns.as_view()),
    path(f"{CONTRACTS}/chip-search/", contracts.Search.as_view()),
    path(f"{CONTRACTS}/chip-aggregates/", contracts.Aggregates.as_view()),
    path(f"{CONTRACTS}/chip-aggregates-paginated/", contracts.AggregatesPage.as_view()),
    path(f"{CONTRACTS}/value-distribution/", contracts.Distribution.as_view()),
    path(f"{CONTRACTS}/chip-export/", exports.ExportContracts.as_view()),
    path(f"{CONTRACTS}/chip-export-estimate/", exports.EstimateContracts.as_view()),
    path(f"{CONTRACTS}/chip-export-aggregated/", exports.ExportTotals.as_view()),
    path(f"{CONTRACTS}/chip-export-aggregated-estimate/", exports.EstimateTotals.as_view()),
    path(f"{CONTRACTS}/filter-options/", names.FilterOptions.as_view()),
    *(path(f"api/v1/{name}/", picker.as_view()) for name, picker in names.PICKERS.items()),
]
