"""Notifications, through their services and queries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import NotFoundError
from matchmaker.notifications import queries, service
from matchmaker.notifications.kinds import KINDS, SUMMARIES, sentence
from models import Mail, Membership, Notification, Role, User
from tests import factories


def test_a_kind_that_nobody_registered_cannot_be_sent(session: Session) -> None:
    with pytest.raises(KeyError):
        service.notify(session, factories.make_user(session), "nonsense")


def test_a_decision_is_mailed_and_a_word_is_not(session: Session) -> None:
    user = factories.make_user(session)

    service.notify(session, user, "posting.published", title="示范成果", by_mail=True)
    service.notify(session, user, "posting.archived", title="示范成果")

    (mail,) = session.scalars(select(Mail)).all()
    assert mail.recipient == user.email
    assert "“示范成果”已发布" in mail.body


def test_unread_lines_come_first_and_reading_one_leaves_the_others(session: Session) -> None:
    user = factories.make_user(session)
    lines = [service.notify(session, user, "posting.archived", title=f"示范{n}") for n in range(3)]

    service.mark_read(session, user, lines[2].id)
    session.expire_all()

    assert queries.outline(session, user) == [[lines[1].id, lines[0].id], [lines[2].id]]
    assert queries.count(session, user, unread=True) == 2
    assert queries.count(session, user) == 3


def test_all_lines_are_read_at_once_and_nobody_elses(session: Session) -> None:
    user, other = factories.make_user(session), factories.make_user(session)
    for person in (user, user, other):
        service.notify(session, person, "posting.archived", title="示范")

    service.mark_read(session, user)

    assert queries.count(session, user, unread=True) == 0
    assert queries.count(session, other, unread=True) == 1


def test_lines_of_one_kind_and_day_stand_together_the_newest_first(session: Session) -> None:
    user = factories.make_user(session)
    told = [
        service.notify(session, user, kind, title=f"示范{n}")
        for n, kind in enumerate(["posting.archived", "posting.published", "posting.archived"])
    ]
    old = service.notify(session, user, "posting.archived", title="前天的")
    old.created_at = clock.now() - timedelta(days=2)
    session.flush()

    outline = queries.outline(session, user)

    assert outline == [[old.id], [told[2].id, told[0].id], [told[1].id]]
    assert [[line.id for line in group] for group in queries.lines_of(session, outline)] == outline


def test_marking_a_group_leaves_other_kinds_days_people_and_what_came_meanwhile(
    session: Session,
) -> None:
    user, other = factories.make_user(session), factories.make_user(session)

    def tell(person: User, kind: str = "posting.archived") -> Notification:
        return service.notify(session, person, kind, title="示范")

    seen, kept = tell(user), [tell(user, "posting.published"), tell(other), tell(user)]
    kept[2].created_at = seen.created_at - timedelta(days=1)
    newest = tell(user).id
    kept.append(tell(user))
    today = seen.created_at.astimezone(clock.LOCAL_ZONE).date()
    session.flush()

    service.mark_group_read(session, user, "posting.archived", today, newest=newest)
    session.expire_all()

    assert seen.read_at is not None
    assert [line.read_at for line in kept] == [None] * 4
    assert queries.count(session, user, unread=True) == 3


def test_every_kind_has_words_for_one_and_for_several() -> None:
    assert set(SUMMARIES) == set(KINDS)


def test_somebody_elses_line_is_not_there(session: Session) -> None:
    user, other = factories.make_user(session), factories.make_user(session)
    line = service.notify(session, other, "posting.archived", title="示范")

    with pytest.raises(NotFoundError):
        queries.one(session, user, line.id)


def test_only_offices_that_are_known_are_told(session: Session) -> None:
    organiser = factories.make_user(session, Role.ORGANISER)
    factories.make_user(session, Role.ORGANISER, membership=Membership.PENDING)
    factories.make_user(session, Role.ORGANISER, active=False)
    factories.make_user(session, Role.ENTERPRISE)

    service.notify_offices(session, "organisation.waiting", organisation="示范电池")

    assert session.scalars(select(Notification.user_id)).all() == [organiser.id]


def test_a_title_with_percent_signs_is_shown_as_it_is() -> None:
    assert sentence("posting.archived", {"title": "效率提升 30%(n)s"}) == (
        "“效率提升 30%(n)s”已到期归档"
    )
