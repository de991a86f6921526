"""Budgets that crowd just under a legal limit."""

from __future__ import annotations

from contracts.fields import FieldType
from contracts.flags.flag import Figure, Flag, Threshold
from contracts.flags.held import known_for_kind, near_any_limit

# The join with limits is for few rows by then: budgets near none of them are left out first.
_SQL = """
WITH near AS (
    SELECT organization_name_code AS organization, procurement_mode_code AS mode, approved_budget AS budget,
        publish_date AS day, kind
    FROM {judged} WHERE NEAR
), below AS (
    SELECT organization, l.amount AS legal_limit, count(*) AS under
    FROM near JOIN limit_rows l ON l.mode = near.mode AND l.kind = near.kind
        AND day BETWEEN l.first AND l.last
    WHERE budget > l.amount * (1 - {width}) AND budget <= l.amount GROUP BY ALL
), beyond AS (
    SELECT organization, l.amount AS legal_limit, count(*) AS above
    FROM near JOIN limit_amounts l ON l.kind = near.kind AND day BETWEEN l.first AND l.last
    WHERE budget > l.amount AND budget <= l.amount * (1 + {width}) GROUP BY ALL
), compared AS (
    SELECT organization, legal_limit, under, coalesce(above, 0) AS above
    FROM below LEFT JOIN beyond USING (organization, legal_limit)
)
SELECT *, (under - above) / sqrt(under + above) AS strength FROM compared
WHERE under >= {least} AND (under - above) / sqrt(under + above) >= {excess}
""".replace("NEAR", near_any_limit("{width}"))

FLAG = Flag(
    code="just-under-limit",
    title="Just under the limit",
    question="Which buyers have many budgets just under a limit of the law, and few just above it?",
    formula="Of each buyer and limit: budgets (ABC) in the 5 % under the limit, in modes that it bounds, "
    "against those in the 5 % above it, in any mode. z = (under - above) / sqrt(under + above), as "
    "where budgets fall smoothly both are about as many.",
    source="The limits of /limits/; the comparison of both sides after J. McCrary, Journal of Econometrics "
    "142 (2008), 698-714.",
    caution="Round budgets crowd at round limits by themselves. Where the income class is not known, every "
    "limit that is possible counts.",
    fields=("approved_budget", "publish_date", "procurement_mode", "organization_name"),
    thresholds=(
        Threshold(name="width", value=0.05, meaning="part of the limit that is looked at on either side"),
        Threshold(name="least", value=5, meaning="budgets under the limit, at least"),
        Threshold(name="excess", value=2, meaning="z, at least"),
    ),
    figures=(
        Figure(name="legal_limit", label="Limit", type=FieldType.MONEY),
        Figure(name="under", label="Just under", type=FieldType.INTEGER),
        Figure(name="above", label="Just above", type=FieldType.INTEGER),
    ),
    keys=("organization",),
    needed="approved_budget > 0 AND procurement_mode IS NOT NULL AND organization_name IS NOT NULL "
    f"AND ({known_for_kind()})",
    cases=_SQL,
    members="j.organization_name_code = c.organization AND j.approved_budget <= c.legal_limit "
    "AND j.approved_budget > c.legal_limit * (1 - {width})",
    joins="JOIN limit_rows l ON l.mode = j.procurement_mode_code AND l.kind = j.kind "
    "AND l.amount = c.legal_limit AND j.publish_date BETWEEN l.first AND l.last",
    by_limits=True,
)
