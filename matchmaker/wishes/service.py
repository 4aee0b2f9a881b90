"""What people do with wishes: choose, promise, remind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from matchmaker import activity, clock
from matchmaker.errors import InvalidError, NotFoundError, NotNowError, require
from matchmaker.events import policy as events
from matchmaker.wishes import notices, policy, queries, suggestions
from matchmaker.wishes.kinds import AGREES, answer_of, other_side
from matchmaker.wishes.queries import OF, pair_of
from models import (
    Event,
    Side,
    Team,
    TeamStatus,
    User,
    Wish,
    WishChoice,
)

EXPERTISE_LIMIT = 60
REMARK_LIMIT = 500
AGAIN_AFTER = timedelta(hours=1)
"""Who was reminded a moment ago is not reminded again by a second press."""
ON_BEHALF = {
    WishChoice.MUST: "wish.must_for",
    WishChoice.MEET: "wish.meet_for",
    WishChoice.NO: "wish.no_for",
    None: "wish.cleared_for",
}
NOT_ARRANGED = _l("这两个团队之间不安排洽谈。如有疑问，请联系组织方。")
"""Says nothing of the reason: a conflict of interest that one side declared is its own affair."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What a team says of another one; `expertise` None leaves what it asked for."""

    other: Team
    choice: WishChoice | None
    expertise: str | None = None
    """What the one who comes for the other side should know."""


def choose(
    session: Session,
    actor: User,
    event: Event,
    team: Team,
    other: Team,
    choice: WishChoice | None,
    *,
    expertise: str | None = None,
) -> Wish | None:
    """Say whether a team wants to meet another one; None takes it back.

    Raises:
        NotAllowedError: not a person of the team, nor an organiser.
        NotNowError: too late, no must-meet left, or the two do not meet.

    """
    return choose_many(session, actor, event, team, [Pick(other, choice, expertise)])[0]


def choose_many(
    session: Session, actor: User, event: Event, team: Team, picks: Sequence[Pick]
) -> list[Wish | None]:
    """Take several choices of a team, all or none; as `choose`."""
    for_them = _may_choose(actor, event, team)
    for pick in picks:
        fits_together(event, team, pick.other)
        _is_short(pick.expertise)
    if any(pick.choice in AGREES for pick in picks):
        excluded = queries.excluded_pairs(session, event)
        if any(p.choice in AGREES and pair_of(team, p.other) in excluded for p in picks):
            raise NotNowError(NOT_ARRANGED)
    suggestions.lock(session, [team.id, *(pick.other.id for pick in picks)])
    _has_tokens(session, event, team, picks)
    before = _between(session, team, picks)
    new = {
        pick.other.id: _new(event, team, pick.other)
        for pick in picks
        if pick.choice is not None and pick.other.id not in before
    }
    _score(session, event, new.values())
    known = {key: wish for key, (wish, *_choices) in before.items()} | new
    wishes = [_say(team, pick, known.get(pick.other.id)) for pick in picks]
    session.flush()
    if for_them:
        for pick in picks:
            record(session, actor, ON_BEHALF[pick.choice], team, pick.other)
    _tell(session, event, team, picks, before, wishes)
    return wishes


def _may_choose(actor: User, event: Event, team: Team) -> bool:
    """Return whether it is done on behalf of the team; refuse what may not be."""
    own, for_them = policy.speaks_for(actor, team), policy.can_answer_for(actor, team)
    if team.event_id != event.id or not policy.has_wishes(event):
        raise NotFoundError
    require(own or for_them, _l("只有本团队的人和组织方可以选择。"))
    if policy.is_open(event, clock.now()) and own:
        return False
    if not for_them:
        raise NotNowError(_l("选择意愿的时间已过。如要改动，请联系组织方。"))
    return True


def fits_together(event: Event, team: Team, opposite: Team) -> None:
    if opposite.event_id != event.id or opposite.status != TeamStatus.APPROVED:
        raise NotFoundError
    require(opposite.side != team.side, _l("只能选择另一方的团队。"))


def _is_short(expertise: str | None) -> None:
    if expertise is not None and len(expertise) > EXPERTISE_LIMIT:
        raise InvalidError(
            {"expertise": _l("“希望对方来的人懂”最多 %(n)d 字。", n=EXPERTISE_LIMIT)}
        )


def _has_tokens(session: Session, event: Event, team: Team, picks: Sequence[Pick]) -> None:
    wanted = sum(pick.choice == WishChoice.MUST for pick in picks)
    if not wanted:
        return
    spent = queries.count_musts(session, event, team, but=[pick.other.id for pick in picks])
    if spent + wanted <= event.must_tokens:
        return
    if not event.must_tokens:
        raise NotNowError(_l("本次活动没有“必须见”，请选“想见”。"))
    raise NotNowError(
        _l(
            "每个团队最多选 %(n)d 家“必须见”，这样就超过了。请先把另一家改成“想见”。",
            n=event.must_tokens,
        )
    )


def _between(
    session: Session, team: Team, picks: Iterable[Pick]
) -> dict[int, tuple[Wish, WishChoice | None, WishChoice | None]]:
    """Return by the other team's id the wish as it stands now, with both choices."""
    here, there = OF[team.side], OF[other_side(team.side)]
    rows = session.scalars(
        select(Wish)
        .where(here.team == team.id, there.team.in_([pick.other.id for pick in picks]))
        .execution_options(populate_existing=True)
    )
    found = {}
    for wish in rows:
        key = wish.achievement_team_id if team.side == Side.NEED else wish.need_team_id
        found[key] = (wish, wish.choice_of(team.side), wish.choice_of(other_side(team.side)))
    return found


def _say(team: Team, pick: Pick, wish: Wish | None) -> Wish | None:
    if wish is None:
        return None
    here, there = team.side.value, other_side(team.side).value
    if wish.choice_of(team.side) != pick.choice:
        setattr(wish, f"{here}_choice", pick.choice)
        setattr(wish, f"{here}_chosen_at", clock.now() if pick.choice else None)
        wish.expired_at = None
    if pick.choice is None:
        setattr(wish, f"{there}_expertise", "")
    elif pick.expertise is not None:
        setattr(wish, f"{there}_expertise", pick.expertise.strip())
    return wish


def _new(event: Event, team: Team, opposite: Team) -> Wish:
    need_id, achievement_id = pair_of(team, opposite)
    return Wish(
        event_id=event.id, need_team_id=need_id, achievement_team_id=achievement_id,
        created_at=clock.now(),
    )  # fmt: skip


def _score(session: Session, event: Event, wishes: Collection[Wish]) -> None:
    """Give new wishes the scores that are known; the engine scores the others in a minute."""
    if not wishes:
        return
    ids = {key for wish in wishes for key in (wish.need_team_id, wish.achievement_team_id)}
    fits, _refused = suggestions.stored_fits(session, event, ids)
    for wish in wishes:
        fit = fits.get((wish.need_team_id, wish.achievement_team_id))
        if fit is not None:
            wish.score, wish.match_id = fit.score, fit.match_id
        else:
            wish.score = 0.0
    session.add_all(wishes)
    if any(wish.match_id is None for wish in wishes):
        suggestions.suggest_later(session, event)


def _tell(
    session: Session, event: Event, team: Team, picks: Sequence[Pick],
    before: dict[int, tuple[Wish, WishChoice | None, WishChoice | None]],
    wishes: Sequence[Wish | None],
) -> None:  # fmt: skip
    """The other side hears that it is wanted, never that it is not."""
    for pick, wish in zip(picks, wishes, strict=True):
        if wish is None:
            continue
        _, was, theirs = before.get(pick.other.id, (None, None, None))
        wanted, wants = was in AGREES, pick.choice in AGREES
        if wanted != wants and theirs is None:
            notices.tell(session, event, pick.other, asked=wants)
    notices.tell(session, event, team)


def record(
    session: Session, actor: User, action: str, team: Team, opposite: Team, **values: str
) -> None:
    activity.record(
        session, actor, action, team, event=team.event.title, team=team.full_name,
        other=opposite.full_name, **values,
    )  # fmt: skip


# ---- organisers


def promise(session: Session, actor: User, wish: Wish) -> None:
    """Give the organisers' word that a meeting takes place; it is planned before all others.

    Raises:
        NotNowError: a side said no, or the two must not meet.

    """
    event = wish.need_team.event
    require(events.can_change(actor, event))
    if answer_of(wish) == "declined":
        raise NotNowError(_l("有一方选了“不见”，不能承诺。请先与他们商量，改为“想见”。"))
    pair = (wish.need_team_id, wish.achievement_team_id)
    if pair in queries.excluded_pairs(session, event):
        raise NotNowError(_l("这一对已被排除，不能承诺。"))
    if wish.promised:
        return
    wish.promised, wish.promised_by_id = True, actor.id
    record(session, actor, "wish.promised", wish.need_team, wish.achievement_team)


def release(session: Session, actor: User, wish: Wish) -> None:
    """Take the word back; what both sides said stays."""
    require(events.can_change(actor, wish.need_team.event))
    if not wish.promised:
        return
    wish.promised, wish.promised_by_id = False, None
    record(session, actor, "wish.released", wish.need_team, wish.achievement_team)


def suggest_again(session: Session, actor: User, event: Event) -> None:
    """Have suggestions and scores of an event made anew."""
    require(events.can_change(actor, event) and policy.has_wishes(event))
    suggestions.suggest_later(session, event, actor)
    activity.record(session, actor, "wishes.suggested", event, event=event.title)


def remind_all(session: Session, actor: User, event: Event) -> int:
    """Ask everybody for the answers that are due; return how many teams were asked.

    Raises:
        NotNowError: the time to answer is over.

    """
    require(events.can_change(actor, event))
    moment = clock.now()
    if not policy.is_open(event, moment):
        raise NotNowError(_l("选择意愿的时间已过，没有提醒。"))
    again = moment - AGAIN_AFTER
    wishes = [
        wish
        for wish in unanswered(session, event)
        if wish.reminded_at is None or wish.reminded_at < again
    ]
    n = notices.remind(session, event, wishes, moment)
    if n:
        activity.record(session, actor, "wishes.reminded", event, event=event.title, n=n)
    return n


def unanswered(session: Session, event: Event) -> list[Wish]:
    """Every wish that waits for the answer of one side, with both teams."""
    waiting = or_(*(queries.is_unanswered(event, side) for side in Side))
    sides = (joinedload(Wish.need_team), joinedload(Wish.achievement_team))
    statement = select(Wish).where(waiting).order_by(Wish.id).options(*sides)
    return list(session.scalars(statement).unique())
