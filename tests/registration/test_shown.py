"""Whose name stands beside a team before people have met."""

from __future__ import annotations

from sqlalchemy.orm import Session

from matchmaker.registration import shown
from models import (
    EnterpriseSize,
    Event,
    MatchStatus,
    NameVisibility,
    PostingStatus,
    Role,
    Side,
    Team,
    User,
    Visibility,
    WishChoice,
)
from tests import factories
from tests.events.making import make_event, make_meeting, make_team, make_wish

HIDDEN = NameVisibility.AFTER_ACCEPTANCE
VEIL = "企业，中型，重庆"


def secretive(session: Session, event: Event, *, also_open: bool = False) -> Team:
    """Make a team of a company that keeps its name back."""
    user = factories.make_user(session, Role.ENTERPRISE)
    user.organisation.size = EnterpriseSize.MEDIUM
    brought = [factories.make_need(session, user, name_visibility=HIDDEN)]
    if also_open:
        brought.append(factories.make_need(session, user))
    return make_team(session, event, user=user, name="电芯研究院", postings=brought)


def reader(session: Session, event: Event) -> tuple[User, Team]:
    team = make_team(session, event, Side.ACHIEVEMENT)
    return team.registered_by, team


def test_a_team_that_brings_only_hidden_needs_is_described(session: Session) -> None:
    event = make_event(session)
    team, (user, _team) = secretive(session, event), reader(session, event)

    name = shown.shown_name(session, user, team)

    assert name == VEIL
    assert team.organisation.name not in name
    assert team.name not in name


def test_one_open_need_names_the_team_and_leaves_the_hidden_one_out(session: Session) -> None:
    event = make_event(session)
    team, (user, _team) = secretive(session, event, also_open=True), reader(session, event)
    looked_up = shown.known(session, user, event)

    assert shown.shown_name(session, user, team, looked_up) == team.full_name
    assert shown.shown_postings(user, team, looked_up) == [team.postings[1]]


def test_its_own_people_and_offices_read_the_name(session: Session) -> None:
    event = make_event(session)
    team = secretive(session, event)
    administrator = factories.make_user(session, Role.ADMINISTRATOR)

    for user in (team.registered_by, event.owner, administrator):
        assert shown.shown_name(session, user, team) == team.full_name
        looked_up = shown.known(session, user, event)
        assert shown.shown_postings(user, team, looked_up) == team.postings


def test_a_partner_of_an_accepted_pair_reads_the_name(session: Session) -> None:
    event = make_event(session)
    team, (user, _team) = secretive(session, event), reader(session, event)
    factories.make_match(
        session, team.postings[0], factories.make_achievement(session, user),
        status=MatchStatus.ACCEPTED, decided_by_id=event.owner_id, decided_at=event.created_at,
    )  # fmt: skip

    assert shown.shown_name(session, user, team) == team.full_name


def test_both_read_the_name_once_both_chose_to_meet(session: Session) -> None:
    event = make_event(session)
    team, (user, own) = secretive(session, event), reader(session, event)
    wish = make_wish(session, team, own, achievement_choice=WishChoice.MUST, need_choice=None)

    assert shown.shown_name(session, user, team) == VEIL

    wish.need_choice, wish.need_chosen_at = WishChoice.MEET, event.created_at
    session.flush()
    assert shown.shown_name(session, user, team) == team.full_name


def test_a_refusal_gives_no_name_away(session: Session) -> None:
    event = make_event(session)
    team, (user, own) = secretive(session, event), reader(session, event)
    make_wish(session, team, own, need_choice=WishChoice.NO, achievement_choice=WishChoice.MUST)

    assert shown.shown_name(session, user, team) == VEIL


def test_a_meeting_that_people_were_told_of_names_both(session: Session) -> None:
    event = make_event(session)
    team, (user, own) = secretive(session, event), reader(session, event)
    wish = make_wish(session, team, own, need_choice=None, achievement_choice=None)
    make_meeting(session, wish, event.slots[0], event.tables[0])
    stranger, _team = reader(session, event)

    assert shown.shown_name(session, user, team) == team.full_name
    assert shown.shown_name(session, stranger, team) == VEIL


def test_a_meeting_at_another_event_names_nobody_here(session: Session) -> None:
    event, other = make_event(session), make_event(session)
    user, _team = reader(session, event)
    team = secretive(session, event)
    wish = make_wish(
        session, make_team(session, other, user=team.registered_by),
        make_team(session, other, Side.ACHIEVEMENT, user=user), event=other,
    )  # fmt: skip
    make_meeting(session, wish, other.slots[0], other.tables[0])

    assert shown.shown_name(session, user, team) == VEIL


def test_what_is_not_public_is_not_listed_beside_a_name(session: Session) -> None:
    event = make_event(session)
    user, _team = reader(session, event)
    owner = factories.make_user(session, Role.ENTERPRISE)
    brought = [
        factories.make_need(session, owner),
        factories.make_need(session, owner, visibility=Visibility.TARGETED),
        factories.make_need(session, owner, status=PostingStatus.WITHDRAWN),
    ]
    team = make_team(session, event, user=owner, postings=brought)

    looked_up = shown.known(session, user, event)
    assert shown.shown_postings(user, team, looked_up) == brought[:1]


def test_a_team_that_brings_nothing_is_named(session: Session) -> None:
    event = make_event(session)
    user, _team = reader(session, event)

    team = make_team(session, event, name="技术部")
    assert shown.shown_name(session, user, team) == team.full_name
