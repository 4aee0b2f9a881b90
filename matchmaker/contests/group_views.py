"""Group tables of a salon: topics and seats for all, names for those who come."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.contests import policy, queries, seats
from matchmaker.contests.blueprint import bp, posted_number, salon_of
from matchmaker.events import policy as events
from matchmaker.events.pages import event_page
from matchmaker.guard import signed_in


@bp.get("/groups")
@signed_in
def groups(event_id: int) -> str:
    """Tables with topics and free seats; who sits there, by name only for those who come."""
    session, actor = db.session(), guard.current_user()
    event = salon_of(event_id)
    people = queries.seated(session, event)
    rows = seats.tables(event, people)
    called = queries.names(session, actor, event, [person.team_id for person in people])
    own = {team.id for team in queries.own_teams(session, actor, event)}
    used = {row.table.id for row in rows}
    return event_page(
        "contests/groups.html", event, rows=rows, own=own,
        mine=[person for person in people if person.team_id in own],
        everybody=people, who=_who(rows, *called, named=bool(own) or events.is_office(actor)),
        named=bool(own) or events.is_office(actor),
        standing=[person for person in people if person.group_table_id not in used],
        open=policy.can_seat_now(actor, event),
    )  # fmt: skip


def _who(
    rows: list[seats.TableFigures], called: dict[int, str], known: set[int], *, named: bool
) -> dict[int, list[tuple[str, str]]]:
    """Return by table who sits there: person and team, or the organisations alone.

    Who sits there for a team that keeps its name back is not named either.
    """
    found = {}
    for row in rows:
        people = [
            (person.name if person.team_id in known else "", called[person.team_id])
            if named
            else ("", person.team.organisation.name if person.team_id in known
                  else called[person.team_id])
            for person in row.people
        ]  # fmt: skip
        found[row.table.id] = sorted(dict.fromkeys(people), key=lambda one: (one[1], one[0]))
    return found


@bp.post("/groups")
@signed_in
def sit(event_id: int) -> Response:
    """Seat a person at `table`; without one they give up their seat."""
    with db.transaction() as session:
        actor, event = guard.current_user(), salon_of(event_id)
        person = queries.one_person(session, actor, event, posted_number("person"))
        if request.form.get("table"):
            table = queries.one_table(event, posted_number("table"))
            seats.sit(session, actor, event, person, table)
            words = _("%(name)s 坐 %(table)s。", name=person.name, table=table.name)
        else:
            seats.leave(session, actor, event, person)
            words = _("%(name)s 的座位空出来了。", name=person.name)
    flash(words)
    return redirect(url_for(".groups", event_id=event_id))
