"""Docking events in the world of authorisation: what there is, and who may do what with it.

`published`: an announced docking event in which `owner` and `researcher` have admitted teams that
meet; a contest that `owner`'s team has entered and `transfer_manager` judges; a salon. `private`:
the same before anything was announced. Beside each stands another event of its kind with the same
in it, of other people: nothing of one is found under the address of the other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock
from matchmaker.paper import package
from models import (
    Criterion,
    Entry,
    Event,
    EventStatus,
    Exclusion,
    ExclusionReason,
    Juror,
    Reunion,
    Role,
    Side,
    Talk,
    Team,
    TimetableStatus,
    User,
)
from tests import factories
from tests.events.making import (
    make_event,
    make_meeting,
    make_placement,
    make_team,
    make_timetable,
    make_wish,
)

Actors = frozenset[str]
Rules = dict[str, tuple[Actors, Actors]]
NOBODY: Actors = frozenset()
OWN = frozenset({"owner"})
PEERS = frozenset({"researcher"})
ORGANISER = frozenset({"organiser"})
ADMINISTRATOR = frozenset({"administrator"})
OFFICE = ORGANISER | ADMINISTRATOR
EDITORS = OWN | ORGANISER
JURY = frozenset({"transfer_manager"})
UNCONFIRMED = frozenset({"colleague_unconfirmed", "organiser_unverified"})
REGISTERING = OWN | PEERS | JURY | {"other_enterprise"}
EVERYBODY = REGISTERING | UNCONFIRMED | OFFICE

PAGES_FOR_ALL = (
    "contests.groups", "events.event", "floor.seen", "registration.register",
    "registration.talks", "wishes.index",
)  # fmt: skip
OF_OWN_TEAM = (
    "registration.edit", "registration.edit_talk", "registration.propose_talk",
    "registration.rejoin", "registration.remove_talk", "registration.team",
    "registration.withdraw", "wishes.choose", "contests.edit", "contests.enter", "contests.sit",
    "contests.withdraw", "floor.report", "floor.arrive", "paper.person",
)  # fmt: skip
OF_JURY = ("contests.ballot", "contests.jury", "contests.set_aside", "contests.take_up")
OF_MEETING = ("floor.finish", "floor.late", "floor.miss", "floor.restore", "floor.start")
OF_AGENDA = ("floor.agenda", "paper.agenda", "paper.calendar")

PUBLISHED: Rules = {
    **dict.fromkeys(PAGES_FOR_ALL, (EVERYBODY, NOBODY)),
    "POST registration.register": (REGISTERING, UNCONFIRMED | OFFICE),
    **dict.fromkeys(OF_OWN_TEAM, (EDITORS, NOBODY)),
    **dict.fromkeys(OF_JURY, (JURY, NOBODY)),
    **dict.fromkeys(OF_AGENDA, (OWN | PEERS, NOBODY)),
    **dict.fromkeys(OF_MEETING, (OWN | PEERS | ORGANISER, NOBODY)),
    # Each says of itself that it is late, and of the other that it is missing.
    "floor.late": (EDITORS, PEERS),
    "floor.miss": (EDITORS, PEERS),
    "floor.restore": (ORGANISER, OWN | PEERS),
    "registration.people": (OWN | PEERS | OFFICE, NOBODY),
    "paper.papers": (OWN | PEERS | ORGANISER, NOBODY),
    "wishes.declare": (OWN, ORGANISER),
    "wishes.withdraw": (OWN, ORGANISER),
    "contests.entries": (OWN | OFFICE, NOBODY),
    "contests.results": (OFFICE, NOBODY),
    "POST contests.criteria": (ORGANISER, ADMINISTRATOR),
}
PRIVATE: Rules = {
    **dict.fromkeys(PAGES_FOR_ALL, (OFFICE, NOBODY)),
    "POST registration.register": (NOBODY, OFFICE),
    **dict.fromkeys(OF_OWN_TEAM, (ORGANISER, NOBODY)),
    **dict.fromkeys((*OF_JURY, *OF_AGENDA), (NOBODY, NOBODY)),
    **dict.fromkeys(OF_MEETING, (ORGANISER, NOBODY)),
    "registration.people": (OFFICE, NOBODY),
    "paper.papers": (ORGANISER, NOBODY),
    "wishes.declare": (NOBODY, ORGANISER),
    "wishes.withdraw": (NOBODY, ORGANISER),
    "contests.entries": (OFFICE, NOBODY),
    "contests.results": (OFFICE, NOBODY),
    "POST contests.criteria": (ORGANISER, ADMINISTRATOR),
}
LED_ON: dict[str, Actors] = {
    "contests.results": OFFICE,  # to all the results while they are not published
    "floor.arrive": OWN,  # to the agenda: it is not the day
    "wishes.index": ORGANISER,  # to the wishes of all
}
"""Who is sent to another page by GET."""
READ: dict[tuple[str, str], set[int]] = {
    ("private", "contests.edit"): {409},  # nothing is entered before it is announced
    ("published", "timetables.progress"): {204},  # nothing is being planned
    ("private", "timetables.progress"): {204},
}
"""Answers to GET that are not 200 for who may."""
CONTEST = "contests."
SALON = ("contests.groups", "contests.sit")


class Events:
    """The events of a world, the values of their addresses, and what forms must carry."""

    def __init__(self, session: Session, settings: Settings, people: dict[str, User],
                 *, announced: bool) -> None:  # fmt: skip
        self.announced = announced
        self.spare = factories.make_user(session, Role.RESEARCHER)
        owner, researcher, juror = (
            people[name] for name in ("owner", "researcher", "transfer_manager")
        )
        self.here = self._values(session, settings, owner, researcher, juror)
        others = [factories.make_user(session, Role.ENTERPRISE) for _ in range(3)]
        self.elsewhere = self._values(session, settings, *others)

    def _values(
        self, session: Session, settings: Settings, owner: User, researcher: User, juror: User
    ) -> dict[str, Any]:
        docking = self._docking(session, settings, owner, researcher)
        contest = self._contest(session, owner, juror)
        return {"": docking, CONTEST: contest, "salon": self._salon(session, owner)}

    def _event(self, session: Session, kind: str) -> Event:
        status = EventStatus.OPEN if self.announced else EventStatus.DRAFT
        moment = clock.now() if self.announced else None
        return make_event(session, kind=kind, status=status, opened_at=moment)

    def _docking(
        self, session: Session, settings: Settings, owner: User, researcher: User
    ) -> dict[str, Any]:
        event = self._event(session, "docking")
        team = make_team(session, event, Side.NEED, user=owner)
        other = make_team(session, event, Side.ACHIEVEMENT, user=researcher)
        rival = make_team(session, event, Side.ACHIEVEMENT)
        wish = make_wish(session, team, other)
        slot, table = event.slots[0], event.tables[0]
        make_meeting(session, make_wish(session, team, make_team(
            session, event, Side.ACHIEVEMENT)), event.slots[1], table)  # fmt: skip
        meeting = make_meeting(session, wish, slot, table)
        make_timetable(session, event, status=TimetableStatus.PUBLISHED)
        draft = make_timetable(session, event, number=2)
        make_placement(session, draft, wish, slot, table)
        talk = self._talk(session, team)
        exclusion = Exclusion(
            event_id=event.id, need_team_id=team.id, achievement_team_id=rival.id,
            reason=ExclusionReason.CONFLICT, declared_by_id=owner.id, at=clock.now(),
        )  # fmt: skip
        reunion = Reunion(
            event_id=event.id, need_team_id=team.id, achievement_team_id=other.id,
            remark="示范", allowed_by_id=event.owner_id, at=clock.now(),
        )  # fmt: skip
        session.add_all([exclusion, reunion])
        session.flush()
        place = package.folder_of(settings, event.id)
        place.mkdir(parents=True, exist_ok=True)
        (place / "1.0.zh.zip").write_bytes(b"PK")
        return {
            "event_id": event.id, "team_id": team.id, "table_id": table.id, "wish_id": wish.id,
            "talk_id": talk.id, "number": 1, "changes": 0, "language": "zh", "version": 2,
            "verb": "lock", "kind": "badges", "meeting_id": meeting.id, "other_id": other.id,
            "rival_id": rival.id, "person_id": team.members[0].id, "code": team.members[0].code,
            "exclusion_id": exclusion.id, "reunion_id": reunion.id, "need_id": team.id,
            "achievement_id": other.id, "organisation_id": self.spare.organisation_id,
            "slot_id": slot.id, "entry_id": 0, "juror_id": 0,
        }  # fmt: skip

    def _talk(self, session: Session, team: Team) -> Talk:
        begin = team.event.slots[5].starts_at
        talk = Talk(
            event_id=team.event_id, team_id=team.id, speaker_id=team.members[0].id, title="示范",
            starts_at=begin, ends_at=begin + timedelta(minutes=20),
        )  # fmt: skip
        session.add(talk)
        return talk

    def _contest(self, session: Session, owner: User, juror: User) -> dict[str, Any]:
        event = self._event(session, "contest")
        team = make_team(session, event, Side.NEED, user=owner)
        entry = Entry(
            event_id=event.id, team_id=team.id, number=1, title="示范", entered_at=clock.now()
        )
        seat = Juror(event_id=event.id, user_id=juror.id, added_at=clock.now())
        session.add_all([entry, seat, Criterion(event_id=event.id, name="新颖", weight=1)])
        session.flush()
        return {
            "event_id": event.id, "team_id": team.id, "entry_id": entry.id, "number": 1,
            "juror_id": seat.id,
        }  # fmt: skip

    def _salon(self, session: Session, owner: User) -> dict[str, Any]:
        event = self._event(session, "salon")
        team = make_team(session, event, Side.NEED, user=owner)
        return {
            "event_id": event.id, "person_id": team.members[0].id,
            "table_id": event.tables[0].id,
        }  # fmt: skip

    def values(self, endpoint: str, *, foreign: bool = False) -> dict[str, Any]:
        """Return what the address of a page takes; `foreign`: things of another event."""
        part = "salon" if endpoint in SALON else CONTEST if endpoint.startswith(CONTEST) else ""
        found = dict((self.elsewhere if foreign else self.here)[part])
        if endpoint == "wishes.withdraw":
            found["other_id"] = found["rival_id"]
        if foreign:
            found["event_id"] = self.here[part]["event_id"]
        return found

    def query(self, endpoint: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return what follows the question mark: for which team, or which side."""
        if endpoint in {"wishes.choose", "wishes.declare", "wishes.withdraw", "contests.enter"}:
            return {"team": values["team_id"]}
        return {"side": "need"} if endpoint == "floor.report" else {}

    def form(self, endpoint: str, values: dict[str, Any]) -> dict[str, Any]:
        """Return what a form must carry, so that it is not refused for being empty."""
        if endpoint.startswith("timetables."):
            return {
                "wish": values["wish_id"], "other": values["wish_id"],
                "place": f"{values['slot_id']}:{values['table_id']}",
            }  # fmt: skip
        forms: dict[str, dict[str, Any]] = {
            "contests.add_juror": {"user": self.spare.id},
            "contests.sit": {"person": values.get("person_id"), "table": values.get("table_id")},
            "floor.late": {"side": "need", "minutes": 5},
            "floor.miss": {"side": "achievement"},
            "wishes.answer": {"side": "need", "choice": "meet"},
        }
        return forms.get(endpoint, {})
