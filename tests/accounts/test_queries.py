"""Who sees which organisations and people."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from matchmaker.accounts import policy, queries
from matchmaker.errors import NotFoundError
from models import (
    Membership,
    NameVisibility,
    OrganisationKind,
    PostingKind,
    Role,
    Verification,
    Visibility,
)
from tests import factories


def test_an_unverified_organisation_is_known_to_its_people_and_to_offices_only(
    session: Session,
) -> None:
    hidden = factories.make_organisation(session, status=Verification.PENDING)
    insider = factories.make_user(session, Role.ENTERPRISE, organisation=hidden)
    organiser = factories.make_user(session, Role.ORGANISER)
    stranger = factories.make_user(session, Role.RESEARCHER)

    for actor in (insider, organiser):
        assert queries.organisation(session, actor, hidden.id) is hidden
        assert hidden in session.scalars(queries.visible_organisations(actor)).all()
    with pytest.raises(NotFoundError):
        queries.organisation(session, stranger, hidden.id)
    assert hidden not in session.scalars(queries.visible_organisations(stranger)).all()


def test_who_only_says_to_belong_sees_no_colleagues(session: Session) -> None:
    known = factories.make_user(session, Role.ENTERPRISE)
    joining = factories.make_user(
        session, Role.ENTERPRISE, organisation=known.organisation, membership=Membership.PENDING
    )

    assert policy.can_see_people(known, known.organisation)
    assert not policy.can_see_people(joining, known.organisation)


def test_organisers_wait_for_everything_but_government_and_their_own(session: Session) -> None:
    office = factories.make_organisation(
        session, kind=OrganisationKind.GOVERNMENT, status=Verification.PENDING
    )
    enterprise = factories.make_organisation(session, status=Verification.PENDING)
    factories.make_organisation(session)
    organiser = factories.make_user(session, Role.ORGANISER)
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    assert session.scalars(queries.waiting(organiser)).all() == [enterprise]
    assert session.scalars(queries.waiting(administrator)).all() == [office, enterprise]
    assert queries.count_waiting(session, administrator) == 2


def test_organisations_are_found_by_name_code_state_and_kind(session: Session) -> None:
    first = factories.make_organisation(session, name="示范电池100%", uscc="91350100M000100Y43")
    second = factories.make_organisation(
        session, name="示范机床", status=Verification.PENDING, kind=OrganisationKind.AGENCY
    )

    def found(**filters: str) -> list[int]:
        return [row.id for row in session.scalars(queries.organisations(**filters))]

    assert found(text="电池") == [first.id]
    assert found(text="m000100y") == [first.id]
    assert found(text="0%") == [first.id]
    assert found(text="_") == []
    assert found(status="pending") == [second.id]
    assert found(kind="agency") == [second.id]
    assert set(found(status="nonsense")) == {first.id, second.id}


def test_names_are_similar_without_place_and_legal_form(session: Session) -> None:
    old = factories.make_organisation(session, name="重庆示范电池有限公司")
    new = factories.make_organisation(session, name="示范电池科技股份有限公司")
    again = factories.make_organisation(session, name="四川示范电池有限责任公司")
    factories.make_organisation(session, name="示范机床有限公司")

    similar = queries.similar_names(session, [again])

    assert {row.id for row in similar[again.id]} == {old.id, new.id}


def test_a_name_of_two_characters_is_similar_to_nothing(session: Session) -> None:
    short = factories.make_organisation(session, name="示范")
    factories.make_organisation(session, name="示范电池")

    assert queries.similar_names(session, [short]) == {}


def test_only_what_stands_openly_under_its_name_is_counted(session: Session) -> None:
    owner = factories.make_user(session, Role.ENTERPRISE)
    factories.make_need(session, owner)
    factories.make_need(session, owner, visibility=Visibility.TARGETED)
    factories.make_need(session, owner, name_visibility=NameVisibility.AFTER_ACCEPTANCE)

    assert queries.count_published(session, owner.organisation_id) == {PostingKind.NEED: 1}


def test_a_person_elsewhere_is_not_there(session: Session) -> None:
    person = factories.make_user(session)
    stranger = factories.make_user(session)

    with pytest.raises(NotFoundError):
        queries.person(session, stranger, person.id)
    assert queries.person(session, factories.make_user(session, Role.ORGANISER), person.id)
