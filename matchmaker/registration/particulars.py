"""What a team says of itself besides its people: side, name, what it brings, its bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matchmaker.errors import InvalidError
from matchmaker.registration import policy, queries
from models import Event, Exclusion, Side, Team, TeamPosting, Wish


def write(session: Session, team: Team, values: Mapping[str, Any]) -> None:
    """Put what was typed into the team.

    Raises:
        InvalidError: the name is taken, the bounds contradict each other, or a posting is not
            the organisation's own, not published, or not of the team's side.

    """
    team.side, team.name = Side(values["side"]), values.get("name") or ""
    _check_name(session, team)
    team.opted_in = bool(values.get("opted_in"))
    team.least, team.most = values.get("least"), values.get("most")
    team.remark = values.get("remark") or ""
    if team.least is not None and team.most is not None and team.least > team.most:
        raise InvalidError({"most": _("最多场数不能少于最少场数。")})
    wanted = {int(number) for number in values.get("postings") or ()}
    brought = queries.postings_to_bring(session, team.organisation, team.side)
    known = {row.id: row for row in brought} | {row.id: row for row in team.postings}
    if not wanted <= known.keys() or any(known[n].kind.value != team.side.value for n in wanted):
        raise InvalidError(
            {"postings": _("需求方只能带本单位已发布的需求，成果方只能带本单位已发布的成果。")}
        )
    kept = [row for row in team.posting_rows if row.posting_id in wanted]
    have = {row.posting_id for row in kept}
    team.posting_rows = kept + [
        TeamPosting(posting_id=number, posting=known[number]) for number in sorted(wanted - have)
    ]


def _check_name(session: Session, team: Team) -> None:
    same = [Team.event_id == team.event_id, Team.organisation_id == team.organisation_id]
    statement = select(Team.id, Team.status).where(
        *same, Team.side == team.side, Team.name == team.name
    )
    other = session.execute(statement).first()
    if other is None or other[0] == team.id:
        return
    if other[1] in policy.COMING:
        words = _("这个单位已经用这个名称报名。请写上院系、实验室或部门，以便区分。")
    else:
        words = _("同名的团队退出过或没有获准参加。请打开那个团队重新报名，或换一个名称。")
    raise InvalidError({"name": words})


def check_side(session: Session, team: Team, side: Side) -> None:
    """Wishes say who looks for technology and who offers it, so they hold the side."""
    if side == team.side:
        return
    for table in (Wish, Exclusion):
        mine = or_(table.need_team_id == team.id, table.achievement_team_id == team.id)
        if session.scalar(select(table.id).where(mine).limit(1)) is not None:
            raise InvalidError({"side": _("已经有洽谈意愿，不能再换边。可以另报一个团队。")})


def check_most(
    event: Event, values: Mapping[str, Any], *, office: bool, before: int | None = None
) -> None:
    """Refuse an own limit above that of the event; what organisers granted stays.

    Raises:
        InvalidError: more meetings than the event allows to a team.

    """
    most, limit = values.get("most"), event.team_most
    if office or most is None or limit is None or most in {before, limit}:
        return
    if most > limit:
        raise InvalidError({"most": _("本次活动每个团队最多 %(n)d 场。", n=limit)})
