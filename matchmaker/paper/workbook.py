"""The workbook for organisers: meetings, people, teams, what was left out, tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _

from matchmaker.i18n import listed
from matchmaker.labels import label
from matchmaker.paper.contents import people_rows, version_words
from matchmaker.paper.queries import Folder
from matchmaker.paper.sheets import Column, Sheet, local, written
from models import Meeting, Side, Team, Unscheduled, Wish

Left = list[tuple[Unscheduled, Wish]]
Rows = Iterable[Sequence[Any]]


def workbook(folder: Folder, left_out: Left) -> bytes:
    """Return the workbook of an event."""
    parts = (
        Sheet(_("洽谈"), _meeting_columns(), _meetings(folder)),
        Sheet(_("人员"), _people_columns(), _people(folder)),
        Sheet(_("团队"), _team_columns(), _teams(folder)),
        Sheet(_("未排入的意愿"), _left_columns(), _left(left_out)),
        Sheet(_("桌位"), _table_columns(), _tables(folder)),
    )
    return written(folder.event.title, parts, comments=version_words(folder.version))


def _meeting_columns() -> list[Column]:
    sides = [
        (f"{label(side)} {word}", width)
        for side in Side
        for word, width in ((_("单位"), 28), (_("姓名"), 12))
    ]
    times = [(_("日期"), 12), (_("开始"), 8), (_("结束"), 8), (_("桌位"), 10), (_("房间"), 14)]
    rest = [(_("议题"), 50), (_("状态"), 12), (_("组织方承诺"), 12), (_("编号"), 8)]
    return times + sides + rest


def _meetings(folder: Folder) -> Rows:
    for meeting in folder.meetings:
        yield [
            *_times(meeting),
            *(
                cell
                for side in Side
                for cell in (meeting.wish.team_of(side).full_name, meeting.person_of(side).name)
            ),
            folder.topics[meeting.id, None],
            label(meeting.status),
            _("是") if meeting.wish.promised else "",
            meeting.id,
        ]


def _times(meeting: Meeting) -> list[Any]:
    if meeting.slot is None or meeting.table is None:
        return [None] * 5
    starts, ends = local(meeting.slot.starts_at), local(meeting.slot.ends_at)
    return [starts.date(), starts.time(), ends.time(), meeting.table.name, meeting.table.room]


def _people_columns() -> list[Column]:
    return [
        (_("单位"), 32), (_("姓名"), 12), (_("职务"), 16), (_("哪一方"), 10), (_("场次"), 8),
        (_("桌位"), 20), (_("电话"), 16), (_("邮箱"), 26), (_("签到时间"), 18),
    ]  # fmt: skip


def _people(folder: Folder) -> Rows:
    for person, row in zip(folder.people, people_rows(folder), strict=True):
        arrived = local(person.checked_in_at) if person.checked_in_at else None
        yield [*row, person.phone, person.email, arrived]


def _team_columns() -> list[Column]:
    return [
        (_("单位"), 32), (_("团队"), 20), (_("哪一方"), 10), (_("人数"), 8), (_("场次"), 8),
        (_("带来的内容"), 60), (_("备注"), 30),
    ]  # fmt: skip


def _teams(folder: Folder) -> Rows:
    held = _held_by_team(folder)
    for team in folder.teams:
        yield [
            team.organisation.name, team.name, label(team.side), len(team.members),
            held.get(team.id, 0), listed(posting.title for posting in team.postings), team.remark,
        ]  # fmt: skip


def _held_by_team(folder: Folder) -> dict[int, int]:
    found: dict[int, int] = {}
    for meeting in folder.meetings:
        if meeting.slot is not None:
            for side in Side:
                team = meeting.wish.team_of(side).id
                found[team] = found.get(team, 0) + 1
    return found


def _left_columns() -> list[Column]:
    sides = [(str(label(side)), 32) for side in Side]
    chosen = [(_("%(side)s的选择", side=label(side)), 14) for side in Side]
    return [*sides, *chosen, (_("匹配度"), 10), (_("组织方承诺"), 12), (_("没有排入的原因"), 24)]


def _left(left_out: Left) -> Rows:
    for row, wish in left_out:
        yield [
            *(wish.team_of(side).full_name for side in Side),
            *(label(wish.choice_of(side)) for side in Side),
            round(100 * wish.score),
            _("是") if wish.promised else "",
            label(row.reason),
        ]


def _table_columns() -> list[Column]:
    return [
        (_("桌位"), 12), (_("房间"), 20), (_("固定给"), 32), (_("主题"), 32), (_("座位"), 8),
        (_("场次"), 8), (_("停用"), 8),
    ]  # fmt: skip


def _tables(folder: Folder) -> Rows:
    owners: dict[int, Team] = {team.id: team for team in folder.teams}
    held: dict[int, int] = {}
    for meeting in folder.meetings:
        if meeting.table_id is not None:
            held[meeting.table_id] = held.get(meeting.table_id, 0) + 1
    for table in folder.event.tables:
        owner = owners.get(table.fixed_for_id or 0)
        yield [
            table.name, table.room, owner.full_name if owner else "", table.topic, table.seats,
            held.get(table.id, 0), _("是") if table.closed else "",
        ]  # fmt: skip
