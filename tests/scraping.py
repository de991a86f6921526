"""Reading `/metrics` as Prometheus does."""

from __future__ import annotations

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

Figures = dict[tuple[str, ...], float]


def scrape(client: Client, **headers: str) -> Figures:
    """Each sample by its name and the values of its labels."""
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/plain")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value for found in families for sample in found.samples
    }
