"""every limit is held: numbers, amounts, files and JSON get CHECKs."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op


revision = '5c1f0a9d27e4'
down_revision = '788a7ca66e98'
branch_labels = None
depends_on = None


def is_number(column: str) -> str:
    return (
        f"trim(substr({column}, 1, 1), '0123456789+-') = '' "
        f"AND trim(substr({column}, 2), '0123456789.') = '' "
        f"AND length({column}) - length(replace({column}, '.', '')) <= 1 "
        f"AND trim({column}, '+-.') <> ''"
    )


def json_limit(column: str, limit: int) -> tuple[str, str]:
    return f"{column}_limit", f'length(CAST("{column}" AS TEXT)) <= {limit}'


CHECKS: dict[str, list[tuple[str, str]]] = {
    "postings": [
        ("trl_in_range", "trl BETWEEN 1 AND 9"),
        ("search_text_limit", "length(search_text) <= 400000"),
        json_limit("keywords", 1200),
    ],
    "achievements": [
        ("price_ascends", "price_from <= price_to"),
        ("price_from_in_range", "price_from BETWEEN 0 AND 2000000000"),
        ("price_to_in_range", "price_to BETWEEN 0 AND 2000000000"),
        json_limit("innovations", 2000),
        json_limit("effects", 2000),
        json_limit("partners", 15000),
        json_limit("contributors", 11000),
    ],
    "needs": [("budget_is_bounded", "budget <= 2000000000")],
    "property_rights": [("count_is_bounded", "count <= 9999")],
    "indicators": [
        ("name_is_given", "name <> ''"),
        ("value_is_a_number", is_number("value")),
        ("value_to_is_a_number", f"value_to = '' OR ({is_number('value_to')})"),
    ],
    "attachments": [
        ("size_in_range", "size BETWEEN 1 AND 209715200"),
        (
            "media_type_is_accepted",
            "media_type IN ('application/pdf', 'image/png', 'image/jpeg', 'video/mp4', "
            "'application/vnd.openxmlformats-officedocument.wordprocessingml.document', "
            "'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', "
            "'application/vnd.openxmlformats-officedocument.presentationml.presentation')",
        ),
        ("name_is_given", "name <> ''"),
    ],
    "organisations": [json_limit("qualifications", 500)],
    "form_drafts": [json_limit("data", 500000)],
    "revisions": [json_limit("snapshot", 1000000), json_limit("changed", 2000)],
    "matches": [json_limit("by_signal", 20000), json_limit("explanation", 1000000)],
    "activities": [json_limit("values", 50000)],
    "notifications": [json_limit("values", 50000), json_limit("endpoint_values", 2000)],
    "jobs": [json_limit("payload", 1000000), json_limit("result", 5000000)],
}


def mend() -> None:
    """Put right what an import could store so far: amounts without sense, digits of other scripts."""
    op.execute(
        "UPDATE achievements SET price_kind = 'negotiable', price_from = NULL, price_to = NULL "
        "WHERE price_from < 0 OR price_to < 0 OR price_from > 2000000000 OR price_to > 2000000000 "
        "OR price_from > price_to"
    )
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, value, value_to FROM indicators")).all()
    for number, value, value_to in rows:
        if value.isascii() and value_to.isascii():
            continue
        connection.execute(
            sa.text("UPDATE indicators SET value = :value, value_to = :value_to WHERE id = :id"),
            {"id": number, "value": in_ascii(value), "value_to": in_ascii(value_to)},
        )


def in_ascii(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def upgrade() -> None:
    mend()
    for table, checks in CHECKS.items():
        with op.batch_alter_table(table) as batch:
            for name, condition in checks:
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), condition)


def downgrade() -> None:
    for table, checks in reversed(CHECKS.items()):
        with op.batch_alter_table(table) as batch:
            for name, _condition in checks:
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
