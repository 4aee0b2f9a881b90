"""Every field has a limit that the database holds too: what a form would refuse, a row cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, CheckConstraint, Enum, String
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock
from matchmaker.catalogue import files, values
from models import (
    AMOUNT_LIMIT,
    ATTACHMENT_LIMIT,
    COUNT_LIMIT,
    MEDIA_TYPES,
    Achievement,
    Attachment,
    Comparator,
    FormDraft,
    Indicator,
    Model,
    Need,
    Organisation,
    PriceKind,
    PropertyKind,
    PropertyRight,
    PropertyStatus,
    Revision,
)
from tests import factories

Maker = Callable[[Session, dict[str, Any]], Any]


def indicator(session: Session, changes: dict[str, Any]) -> Indicator:
    given = {"ordinal": 1, "name": "残锂", "comparator": Comparator.LE, "value": "2000"}
    return Indicator(posting_id=factories.make_need(session).id, **{**given, **changes})


def attachment(session: Session, changes: dict[str, Any]) -> Attachment:
    need = factories.make_need(session)
    given = {
        "name": "a.pdf", "media_type": "application/pdf", "size": 1, "sha256": "0" * 64,
        "posting_id": need.id, "uploaded_by_id": need.owner_id, "uploaded_at": clock.now(),
    }  # fmt: skip
    return Attachment(**{**given, **changes})


def right(session: Session, changes: dict[str, Any]) -> PropertyRight:
    return PropertyRight(
        achievement_id=factories.make_achievement(session).id,
        kind=PropertyKind.INVENTION_PATENT, status=PropertyStatus.GRANTED, **changes,
    )  # fmt: skip


def draft(session: Session, changes: dict[str, Any]) -> FormDraft:
    user = factories.make_user(session)
    return FormDraft(
        user_id=user.id, form="need:new", saved_at=clock.now(), **{"data": {}, **changes}
    )


def revision(session: Session, changes: dict[str, Any]) -> Revision:
    need = factories.make_need(session)
    given = {"posting_id": need.id, "number": 1, "actor_id": need.owner_id, "at": clock.now()}
    return Revision(**{**given, "snapshot": {}, **changes})


MAKERS: dict[type[Model], Maker] = {
    Need: lambda session, changes: factories.make_need(session, **changes),
    Achievement: lambda session, changes: factories.make_achievement(session, **changes),
    Organisation: lambda session, changes: factories.make_organisation(session, **changes),
    Indicator: indicator,
    Attachment: attachment,
    PropertyRight: right,
    FormDraft: draft,
    Revision: revision,
}
FIXED, RANGE = {"price_kind": PriceKind.FIXED}, {"price_kind": PriceKind.RANGE}
WIDEST = "\U00020bb7"  # 𠮷: stored as twelve characters in JSON
PAST: list[tuple[type[Model], dict[str, Any]]] = [
    (Need, {"trl": 0}),
    (Need, {"trl": 10}),
    (Achievement, {"trl": -1}),
    (Need, {"title": "长" * 121}),
    (Need, {"search_text": "长" * 400_001}),
    (Need, {"keywords": ["词" * 300]}),
    (Need, {"budget": -1}),
    (Need, {"budget": AMOUNT_LIMIT + 1}),
    (Need, {"budget": 10**12}),
    (Need, {"solver_share": -1}),
    (Need, {"solver_share": 101}),
    (Achievement, {**FIXED, "price_from": -1}),
    (Achievement, {**FIXED, "price_from": AMOUNT_LIMIT + 1}),
    (Achievement, {**RANGE, "price_from": 1, "price_to": AMOUNT_LIMIT + 1}),
    (Achievement, {**RANGE, "price_from": 5, "price_to": 4}),
    (Achievement, {**FIXED, "price_from": 5, "price_to": 4}),
    (Achievement, {**FIXED}),
    (Achievement, {"innovations": ["点" * 400]}),
    (Achievement, {"effects": ["点" * 400]}),
    (Achievement, {"partners": ["x" * 15_000]}),
    (Achievement, {"contributors": ["x" * 11_000]}),
    (Organisation, {"qualifications": ["x" * 500]}),
    (Indicator, {"name": ""}),
    (Indicator, {"name": "名" * 61}),
    (Indicator, {"value": ""}),
    (Indicator, {"value": "很高"}),
    (Indicator, {"value": "1.2.3"}),
    (Indicator, {"value": "1-2"}),
    (Indicator, {"value": ".5"}),
    (Indicator, {"value": "-"}),
    (Indicator, {"value": "1e5"}),
    (Indicator, {"value": "٣"}),
    (Indicator, {"value": "1" * 31}),
    (Indicator, {"value_to": "许多"}),
    (Indicator, {"comparator": Comparator.RANGE, "value_to": ""}),
    (Attachment, {"size": 0}),
    (Attachment, {"size": ATTACHMENT_LIMIT + 1}),
    (Attachment, {"size": 10**12}),
    (Attachment, {"media_type": "text/html"}),
    (Attachment, {"media_type": ""}),
    (Attachment, {"name": ""}),
    (PropertyRight, {"count": 0}),
    (PropertyRight, {"count": COUNT_LIMIT + 1}),
    (FormDraft, {"data": {"problem": ["x" * 500_000]}}),
    (Revision, {"snapshot": {"problem": "x" * 1_000_000}}),
    (Revision, {"changed": ["x" * 2_000]}),
]
AT: list[tuple[type[Model], dict[str, Any]]] = [
    (Need, {"trl": 1}),
    (Need, {"trl": 9}),
    (Need, {"budget": 0, "solver_share": 0}),
    (Need, {"budget": AMOUNT_LIMIT, "solver_share": 100}),
    (Need, {"keywords": [WIDEST * values.KEYWORD_LIMIT] * values.MAX_KEYWORDS}),
    (Achievement, {**RANGE, "price_from": 5, "price_to": 5}),
    (Achievement, {**RANGE, "price_from": 0, "price_to": AMOUNT_LIMIT}),
    *[
        (Achievement, {name: [WIDEST * limit] * most})
        for name, (most, limit) in values.LISTS.items()
    ],
    *[(Indicator, {"value": text}) for text in ("0", "-3.40", "+1", "1" * 30)],
    (Indicator, {"comparator": Comparator.RANGE, "value_to": "-1.5"}),
    *[(Attachment, {"media_type": kind}) for kind in MEDIA_TYPES],
    (Attachment, {"size": ATTACHMENT_LIMIT}),
    (PropertyRight, {"count": COUNT_LIMIT}),
]


def words(value: object) -> str:
    return value.__name__ if isinstance(value, type) else str(value)[:50]


@pytest.mark.parametrize(("kind", "changes"), PAST, ids=words)
def test_the_database_refuses_what_is_past_a_limit(
    session: Session, kind: type[Model], changes: dict[str, Any]
) -> None:
    session.add(MAKERS[kind](session, {}))
    session.flush()  # the row is right but for the change
    with pytest.raises((IntegrityError, DataError)) as refusal:  # noqa: PT012 - some makers write themselves
        session.add(MAKERS[kind](session, dict(changes)))
        session.flush()
    said = str(refusal.value.orig).lower()
    assert re.search("check constraint|value too long|out of range", said), said


@pytest.mark.parametrize(("kind", "changes"), AT, ids=words)
def test_the_database_takes_what_is_just_within_it(
    session: Session, kind: type[Model], changes: dict[str, Any]
) -> None:
    session.add(MAKERS[kind](session, dict(changes)))
    session.flush()


def test_no_text_and_no_json_is_without_a_limit() -> None:
    """Of tables yet to come, too."""
    without = []
    for table in Model.metadata.tables.values():
        held = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        without += [
            f"{table.name}.{column.name}"
            for column in table.columns
            if isinstance(column.type, String | JSON)
            and not isinstance(column.type, Enum)
            and f"ck_{table.name}_{column.name}_limit" not in held
            and not column.foreign_keys  # as long as what it points to
        ]
    assert without == []


def test_the_limits_of_files_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = Settings.for_tests(tmp_path)
    assert max(settings.video_bytes, settings.attachment_bytes) <= ATTACHMENT_LIMIT
    assert {*files.OFFICE.values(), *files.PLAIN.values()} == set(MEDIA_TYPES)
