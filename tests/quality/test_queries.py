"""Figures of the quality page: decisions by place, what no list holds, who stands in the lists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.quality import queries
from matchmaker.review import service as review
from models import (
    MatchStatus,
    Organisation,
    OrganisationKind,
    PostingKind,
    PostingStatus,
    Role,
    Verification,
)
from tests import factories
from tests.quality.decisions import decided


def test_acceptance_counts_by_place(session: Session) -> None:
    for rank, accept in ((1, True), (1, False), (2, True), (7, False), (15, True)):
        decided(session, rank, accept=accept)

    found = {row.depth: (row.accepted, row.decided) for row in queries.acceptance(session)}

    assert found == {1: (1, 2), 3: (2, 3), 10: (2, 4)}
    assert queries.hours_to_decision(session) == pytest.approx(6, abs=0.1)
    assert queries.needs_with_accepted(session) == (3, 5)


def test_without_decisions_there_is_no_figure(session: Session) -> None:
    assert queries.hours_to_decision(session) is None
    assert queries.needs_with_accepted(session) == (0, 0)
    assert not any(row.enough for row in queries.acceptance(session))
    assert queries.exposure(session) == []


def test_what_no_list_holds_is_found(session: Session) -> None:
    match = factories.make_match(session, factories.make_need(session))
    lonely = factories.make_achievement(session, title="没有人推荐过")
    factories.make_need(session)

    rows = session.scalars(queries.never_suggested(PostingKind.ACHIEVEMENT)).unique().all()

    assert rows == [lonely]
    assert {row.kind: (row.suggested, row.never) for row in queries.coverage(session)} == {
        PostingKind.NEED: (1, 1),
        PostingKind.ACHIEVEMENT: (1, 1),
    }
    assert match.status == MatchStatus.SUGGESTED


def test_exposure_compares_shares_of_supply_and_of_places(session: Session) -> None:
    match = factories.make_match(session, factories.make_need(session))
    match.need_rank = 1
    other = factories.make_achievement(session)
    institute: Organisation = other.organisation
    institute.kind = OrganisationKind.INSTITUTE
    session.flush()

    found = [
        (row.kind, row.share_of_achievements, row.share_of_places)
        for row in queries.exposure(session)
    ]

    assert found == [
        (OrganisationKind.UNIVERSITY, 0.5, 1.0),
        (OrganisationKind.INSTITUTE, 0.5, 0.0),
    ]


def test_only_decisions_on_pairs_of_a_list_count_by_place(session: Session) -> None:
    decided(session, 1, accept=True)
    decided(session, None, accept=True)
    factories.make_match(session, need_rank=1)
    put_aside(session)

    found = [(row.accepted, row.decided) for row in queries.acceptance(session)]

    assert found == [(1, 1)] * 3


def put_aside(session: Session) -> None:
    """Put a pair aside that was suggested a month ago."""
    organiser = factories.make_user(session, Role.ORGANISER)
    match = factories.make_match(session, need_rank=1)
    match.created_at = clock.now() - timedelta(days=30)
    review.defer(session, organiser, match, version=match.version)
    session.flush()


def test_the_hours_are_the_median_of_the_latest_decisions(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in (1, 2, 60):
        decided(session, 1, accept=True, hours=hours)
    put_aside(session)
    assert queries.hours_to_decision(session) == pytest.approx(2, abs=0.1)

    monkeypatch.setattr(queries, "LATEST", 1)

    assert queries.hours_to_decision(session) == pytest.approx(60, abs=0.1)


def test_records_that_are_not_public_are_in_no_figure(session: Session) -> None:
    gone = decided(session, 1, accept=True)
    for side in (gone.need, gone.achievement):
        side.status = PostingStatus.ARCHIVED
    pending = factories.make_organisation(
        session, kind=OrganisationKind.UNIVERSITY, status=Verification.PENDING
    )
    factories.make_achievement(session, factories.make_user(session, organisation=pending))
    factories.make_need(session, status=PostingStatus.DRAFT)
    session.flush()

    assert queries.needs_with_accepted(session) == (0, 0)
    assert [(row.published, row.suggested) for row in queries.coverage(session)] == [(0, 0)] * 2
    assert queries.exposure(session) == []
    for kind in PostingKind:
        assert session.scalars(queries.never_suggested(kind)).unique().all() == []


def test_what_no_list_holds_is_shown_newest_first(session: Session) -> None:
    moment = clock.now()
    older, newest, oldest = (
        factories.make_need(session, at=moment - timedelta(days=days)) for days in (2, 1, 3)
    )

    rows = session.scalars(queries.never_suggested(PostingKind.NEED)).unique().all()

    assert rows == [newest, older, oldest]


def test_exposure_counts_the_first_ten_places(session: Session) -> None:
    for rank in (1, 10, 11, None):
        factories.make_match(session, need_rank=rank)

    (row,) = queries.exposure(session)

    assert (row.kind, row.achievements, row.places) == (OrganisationKind.UNIVERSITY, 4, 2)
