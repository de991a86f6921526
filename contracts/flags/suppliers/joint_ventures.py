"""Joint ventures whose partners also compete at the same buyer."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag

FLAG = Flag(
    code="joint-ventures",
    title="Partners that also compete",
    question="At which buyers does a joint venture win, and one of its partners alone as well?",
    formula="A supplier's name of several parts with slashes between them, one of which is the whole name "
    "of another supplier of the same buyer.",
    source="OECD, Guidelines for Fighting Bid Rigging in Public Procurement (2012): joint bids of firms "
    "that could bid alone.",
    caution="Small firms join for a work that is too large for each of them, which is what joint ventures "
    "are for.",
    fields=("awardee_name", "organization_name"),
    figures=(
        Figure(name="together", label="Contracts of the venture", type=FieldType.INTEGER),
        Figure(name="alone", label="Contracts of the partner", type=FieldType.INTEGER),
    ),
    keys=("organization", "contractor", "partner"),
    needed="awardee_name IS NOT NULL AND organization_name IS NOT NULL",
    cases="""
WITH named AS (SELECT code::INTEGER AS code, label FROM labels WHERE field = 'awardee_name'),
ventures AS (
    SELECT code AS contractor, trim(unnest(string_split(label, '/'))) AS name FROM named
    WHERE contains(label, '/')
), partners AS (
    SELECT contractor, code AS partner
    FROM ventures JOIN named ON named.label = ventures.name
), won AS (
    SELECT organization_name_code AS organization, awardee_name_code AS code, count(*) AS times FROM {judged}
    WHERE awardee_name_code IN (SELECT contractor FROM partners UNION SELECT partner FROM partners)
    GROUP BY 1, 2
)
SELECT v.organization, p.contractor, p.partner, v.times AS together, a.times AS alone,
    v.times + a.times AS strength
FROM partners p JOIN won v ON v.code = p.contractor
JOIN won a ON a.code = p.partner AND a.organization = v.organization""",
    members="j.organization_name_code = c.organization AND j.awardee_name_code IN (c.contractor, c.partner)",
)
