"""How long an import of raw rows takes, and how much memory."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from tools.bench.dataset import ROOT, import_sample
from tools.sample import SampleShape


def measure(rows: int) -> Mapping[str, float]:
    """import_5m_s and import_5m_mb, of ``rows`` raw rows of all generations."""
    root = ROOT / f"import-{rows}"
    try:
        figures = import_sample(SampleShape(rows=rows), root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    return {"import_5m_s": figures["seconds"], "import_5m_mb": figures["peak_mb"]}
