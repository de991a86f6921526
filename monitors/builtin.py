"""Searches that everybody finds ready: starting points, and examples of what filters can say."""

from __future__ import annotations

from collections.abc import Mapping

from monitors.questions import SearchToSave

_BARANGAYS = [{"contains": "barangay"}]

# As the API takes them, so that each can be read, copied and changed like one of one's own.
_DATA: Mapping[str, Mapping[str, object]] = {
    "dpwh": {
        "name": "DPWH",
        "note": "All that the Department of Public Works and Highways and its district offices bought.",
        "filters": {"organizations": [{"contains": "public works && highways"}, {"contains": "dpwh"}]},
    },
    "flood-control": {
        "name": "Flood control",
        "note": "Works against floods, by the words of their titles.",
        "filters": {"text": '"flood control" or "flood mitigation" or revetment or dike or "drainage canal"'},
    },
    "pumping-stations": {
        "name": "Pumping stations",
        "filters": {"text": '"pumping station" or "pump station"'},
    },
    "medicines": {
        "name": "Medicines",
        "note": "Drugs and medicines, by title and by category.",
        "filters": {"text": "medicine or medicines or drugs or pharmaceutical"},
    },
    "school-buildings": {
        "name": "School buildings",
        "filters": {"text": '"school building" or "classroom building" or "construction classroom"'},
    },
    "roads": {
        "name": "Farm-to-market roads",
        "filters": {"text": '"farm to market road" or "farm-to-market road" or fmr'},
    },
    # The limits of small value procurement: Annex H of the 2016 IRR of RA 9184, Section 34.2 of the IRR of RA
    # 12009.
    "barangays-under-50000": {
        "name": "Barangays just under 50,000 pesos, until February 2025",
        "note": "A barangay could buy for up to 50,000 pesos as small value procurement from 28 October 2016"
        " to 24 February 2025. An amount near a limit is a reason to look, never a verdict.",
        "filters": {
            "organizations": _BARANGAYS,
            "value_range": {"min": "45000", "max": "50000"},
            "time_ranges": [{"type": "custom", "start_date": "2016-10-28", "end_date": "2025-02-24"}],
        },
    },
    "barangays-under-100000": {
        "name": "Barangays just under 100,000 pesos, since February 2025",
        "note": "The limit of small value procurement of barangays is 100,000 pesos since 25 February 2025."
        " An amount near a limit is a reason to look, never a verdict.",
        "filters": {
            "organizations": _BARANGAYS,
            "value_range": {"min": "90000", "max": "100000"},
            "time_ranges": [{"type": "custom", "start_date": "2025-02-25", "end_date": None}],
        },
    },
    "negotiated-above-10-million": {
        "name": "Negotiated above 10 million pesos",
        "note": "Large contracts without competitive bidding. Some modes allow it: see each contract.",
        "filters": {
            "procurement_modes": [{"contains": "negotiated"}, {"contains": "direct contracting"}],
            "value_range": {"min": "10000000"},
        },
    },
}

BUILT_IN: Mapping[str, SearchToSave] = {key: SearchToSave.from_json(data) for key, data in _DATA.items()}
"""Each by its key, in the order in which they are shown."""
