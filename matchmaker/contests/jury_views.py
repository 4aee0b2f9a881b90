"""The jury: its own pages, and those on which organisers set criteria and ask people to judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker import db, guard
from matchmaker.accounts import queries as accounts
from matchmaker.catalogue import queries as catalogue
from matchmaker.contests import ballots, policy, queries, service, tally
from matchmaker.contests.blueprint import OFFICES, Answer, bp, contest_of, posted_number
from matchmaker.contests.forms import BallotForm, ballot_form, criteria_form
from matchmaker.contests.kinds import STATES, BallotState
from matchmaker.contests.service import ChangedError
from matchmaker.errors import InvalidError, NotFoundError, NotNowError
from matchmaker.events.pages import event_page
from matchmaker.guard import only, signed_in
from models import Entry, Event, Juror, Posting, Role, User


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """What a juror reads of an entry. Pages get this and not the row, so that nothing leaks."""

    number: int
    title: str
    summary: str
    team: str = ""
    """Empty where the jury must not see names."""
    posting: Posting | None = None
    state: BallotState = BallotState.OPEN


def shown(
    session: Session,
    actor: User,
    event: Event,
    entry: Entry,
    state: BallotState,
    *,
    whole: bool = False,
) -> ShownEntry:
    """Return an entry as this juror may read it; `whole` with its posting."""
    plain = ShownEntry(entry.number, entry.title, entry.summary, state=state)
    if not policy.shows_teams(event):
        return plain
    posting = _posting(session, actor, entry) if whole else None
    return ShownEntry(
        entry.number, entry.title, entry.summary, entry.team.full_name, posting, state
    )


def _posting(session: Session, actor: User, entry: Entry) -> Posting | None:
    if entry.posting_id is None:
        return None
    try:
        return catalogue.one(session, actor, entry.posting_id)
    except NotFoundError:
        return None


@bp.get("/jury")
@signed_in
def jury(event_id: int) -> str:
    """Every entry, and what I have done with it."""
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    juror = queries.own_seat(session, actor, event)
    found = queries.states(session, event, juror)
    rows = [shown(session, actor, event, entry, state) for entry, state in found]
    return event_page(
        "contests/jury.html", event, rows=rows, looks=STATES, judging=policy.is_judging(event),
        named=policy.shows_teams(event), criteria=queries.criteria(session, event),
        done=sum(row.state == BallotState.SUBMITTED for row in rows),
        asked=sum(row.state not in {BallotState.ASIDE, BallotState.BARRED} for row in rows),
    )  # fmt: skip


@bp.route("/jury/<int:number>", methods=["GET", "POST"])
@signed_in
def ballot(event_id: int, number: int) -> Answer:
    """One entry with its ballot: read, score, keep as a draft, hand in."""
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    juror = queries.own_seat(session, actor, event)
    entry = queries.judged_entry(session, event, number)
    given = queries.ballot_of(session, juror, entry)
    form = ballot_form(
        queries.criteria(session, event), request.form, queries.points_of(given),
        given.remark if given else "",
    )  # fmt: skip
    seen = posted_number("version") if request.form else (given.version if given else 0)
    if request.method == "POST":
        form.draft = "submit" not in request.form
        if form.validate():
            try:
                _save(event_id, number, form, seen)
            except InvalidError as error:
                form.show(error)
            except NotNowError as error:
                form.show(InvalidError(message=error.message))
                seen = _version(event_id, number) if isinstance(error, ChangedError) else seen
            else:
                return _next(event_id, number, form)
    return _ballot_page(event_id, number, form, seen)


def _save(event_id: int, number: int, form: BallotForm, seen: int) -> None:
    with db.transaction() as session:
        actor = guard.current_user()
        event = contest_of(event_id)
        juror = queries.own_seat(session, actor, event)
        entry = queries.judged_entry(session, event, number)
        ballots.save(
            session, actor, juror, event, entry, version=seen, points=form.points(),
            remark=form.remark.data, submit=not form.draft,
        )  # fmt: skip


def _version(event_id: int, number: int) -> int:
    session, event = db.session(), contest_of(event_id)
    juror = queries.own_seat(session, guard.current_user(), event)
    found = queries.ballot_of(session, juror, queries.judged_entry(session, event, number))
    return found.version if found else 0


def _next(event_id: int, number: int, form: BallotForm) -> Response:
    if form.draft:
        flash(_("草稿已保存，还没有交。"))
        return redirect(url_for(".ballot", event_id=event_id, number=number))
    flash(_("%(n)d 号的评分已交。", n=number))
    return redirect(url_for(".jury", event_id=event_id))


def _ballot_page(event_id: int, number: int, form: BallotForm, seen: int) -> Answer:
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    juror = queries.own_seat(session, actor, event)
    entry = queries.judged_entry(session, event, number)
    states = {row.number: state for row, state in queries.states(session, event, juror)}
    waiting = [n for n, state in states.items() if state in {BallotState.OPEN, BallotState.DRAFT}]
    page = event_page(
        "contests/ballot.html", event, form=form, version=seen,
        entry=shown(session, actor, event, entry, states[number], whole=True), looks=STATES,
        judging=policy.is_judging(event), unpublished=policy.is_unpublished(event),
        barred=ballots.BARRED, following=_following(waiting, number),
    )  # fmt: skip
    return page if request.method == "GET" else (page, 422)


def _following(waiting: list[int], number: int) -> int | None:
    """Return the next entry that waits, from here on and round again."""
    others = [n for n in waiting if n != number]
    return min((n for n in others if n > number), default=min(others, default=None))


@bp.post("/jury/<int:number>/aside")
@signed_in
def set_aside(event_id: int, number: int) -> Response:
    _change(event_id, number, ballots.set_aside)
    flash(_("已声明回避 %(n)d 号，您不用评它。", n=number))
    return redirect(url_for(".jury", event_id=event_id))


@bp.post("/jury/<int:number>/take-up")
@signed_in
def take_up(event_id: int, number: int) -> Response:
    _change(event_id, number, ballots.take_up)
    flash(_("已取消回避 %(n)d 号。", n=number))
    return redirect(url_for(".ballot", event_id=event_id, number=number))


def _change(event_id: int, number: int, verb: Any) -> None:
    with db.transaction() as session:
        actor = guard.current_user()
        event = contest_of(event_id)
        juror = queries.own_seat(session, actor, event)
        verb(session, actor, juror, event, queries.judged_entry(session, event, number))


@bp.get("/jurors")
@only(*OFFICES)
def jurors(event_id: int) -> str:
    """Who judges, how far they are, and finding more people."""
    session = db.session()
    event = contest_of(event_id)
    text = request.args.get("q", "")[:60]
    counted = tally.of(session, event)
    return event_page(
        "contests/jurors.html", event, counted_ballots=counted, text=text,
        rows=[_progress(counted, juror) for juror in counted.jurors],
        found=queries.candidates(session, event, text),
        can_prepare=policy.can_prepare(guard.current_user(), event),
    )  # fmt: skip


def _progress(counted: tally.Tally, juror: Juror) -> dict[str, Any]:
    pairs = counted.of_juror(juror)
    aside = [line.entry.number for line, given in pairs if given in line.aside]
    done = sum(given.state == BallotState.SUBMITTED for _line, given in pairs)
    return {"juror": juror, "done": done, "asked": len(pairs) - len(aside), "aside": aside}


@bp.post("/jurors")
@only(Role.ORGANISER)
def add_juror(event_id: int) -> Response:
    with db.transaction() as session:
        actor = guard.current_user()
        event = contest_of(event_id)
        person = accounts.person(session, actor, posted_number("user"))
        service.add_juror(session, actor, event, person)
        name = person.name
    flash(_("已请 %(name)s 担任评委，并通知了对方。", name=name))
    return redirect(url_for(".jurors", event_id=event_id))


@bp.get("/jurors/<int:juror_id>")
@only(*OFFICES)
def juror(event_id: int, juror_id: int) -> str:
    """Everything one juror gave."""
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    row = queries.one_juror(session, event, juror_id)
    return event_page(
        "contests/juror.html", event, juror=row, looks=STATES,
        pairs=tally.of(session, event).of_juror(row),
        can_reopen=policy.is_unpublished(event), can_prepare=policy.can_prepare(actor, event),
    )  # fmt: skip


@bp.post("/jurors/<int:juror_id>/remove")
@only(Role.ORGANISER)
def remove_juror(event_id: int, juror_id: int) -> Response:
    with db.transaction() as session:
        event = contest_of(event_id)
        row = queries.one_juror(session, event, juror_id)
        name = row.user.name
        service.remove_juror(session, guard.current_user(), event, row)
    flash(_("%(name)s 不再是评委。", name=name))
    return redirect(url_for(".jurors", event_id=event_id))


@bp.post("/jurors/<int:juror_id>/<int:number>/reopen")
@only(Role.ORGANISER)
def reopen(event_id: int, juror_id: int, number: int) -> Response:
    with db.transaction() as session:
        event = contest_of(event_id)
        row = queries.one_juror(session, event, juror_id)
        entry = queries.judged_entry(session, event, number)
        ballots.reopen(session, guard.current_user(), row, event, entry)
    flash(_("已退回 %(n)d 号的评分，请告诉评委重评。", n=number))
    return redirect(url_for(".juror", event_id=event_id, juror_id=juror_id))


@bp.route("/criteria", methods=["GET", "POST"])
@only(*OFFICES)
def criteria(event_id: int) -> Answer:
    """All criteria in one form."""
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    known = queries.criteria(session, event)
    form = criteria_form(known, request.form)
    seen = request.form.get("seen", service.fingerprint(known))
    if request.method == "POST" and form.validate():
        try:
            with db.transaction() as session:
                actor = guard.current_user()
                event = contest_of(event_id)
                service.set_criteria(session, actor, event, form.asked(), seen=seen)
        except InvalidError as error:
            form.show(error)
        except NotNowError as error:
            form.show(InvalidError(message=error.message))
            if isinstance(error, ChangedError):
                seen = service.fingerprint(queries.criteria(db.session(), contest_of(event_id)))
        else:
            flash(_("评分标准已保存。"))
            return redirect(url_for(".criteria", event_id=event_id))
    return _criteria_page(event_id, form, seen)


def _criteria_page(event_id: int, form: Any, seen: str) -> Answer:
    session, actor = db.session(), guard.current_user()
    event = contest_of(event_id)
    known = queries.criteria(session, event)
    page = event_page(
        "contests/criteria.html", event, form=form, seen=seen, known=known,
        total=sum(criterion.weight for criterion in known),
        frozen=queries.has_points(session, event),
        can_prepare=policy.can_prepare(actor, event),
    )  # fmt: skip
    return page if request.method == "GET" else (page, 422)
