"""/llms.txt: of the form that its readers expect, and its links lead somewhere."""

from __future__ import annotations

import re

from assistants.tools import TOOLS
from tests.assistants.asking import WEB
from tests.assistants.conftest import Site


def test_the_overview_has_the_form_of_llmstxt_org(site: Site) -> None:
    answer = WEB.get(f"{site.url}/llms.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    title, summary, notes, *sections = re.split(r"\n\n", answer.text.rstrip("\n"))
    assert title.startswith("# ")
    assert summary.startswith("> ")
    assert not notes.startswith("#")
    for heading, entries in zip(sections[::2], sections[1::2], strict=True):
        assert heading.startswith("## ")
        for line in entries.splitlines():
            assert re.fullmatch(r"- \[[^\]]+\]\(http[^)]+\): .+", line)
    assert all(name in answer.text for name in TOOLS)


def test_every_link_of_the_overview_leads_somewhere(site: Site) -> None:
    links = set(re.findall(r"\]\(([^)]+)\)", WEB.get(f"{site.url}/llms.txt").text))
    assert len(links) > 10
    # 202: it is being made; 405: it takes a POST; 302: one has to sign in first.
    statuses = {link: WEB.get(link).status_code for link in links}
    assert {link: status for link, status in statuses.items() if status not in (200, 202, 302, 405)} == {}
