"""The figures of an event as a workbook, for whoever writes the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _

from matchmaker.figures.queries import EventFigures
from matchmaker.labels import label
from matchmaker.paper.sheets import Sheet, written
from models import MeetingStatus, NextStep, Side

INTEREST = ("0", "1", "2", "3")


def workbook(figures: EventFigures) -> bytes:
    """Return the workbook: the whole, the teams, the people, the reports."""
    title = figures.event.title
    return written(
        title,
        [
            Sheet(_("概况"), [(_("项目"), 36), (_("数值"), 14)], list(_whole(figures))),
            Sheet(
                _("团队"),
                [(_("团队"), 44), (_("哪一方"), 10), (_("双方愿意的洽谈"), 16), (_("排入的场次"), 8), (_("满足率"), 10)],
                [
                    [row.team.full_name, label(row.team.side), row.wished, row.met, row.share]
                    for row in figures.of_teams
                ],
            ),
            Sheet(
                _("人员"),
                [(_("团队"), 44), (_("姓名"), 12), (_("场次"), 8), (_("空档"), 8), (_("缺席"), 8)],
                [
                    [row.team.full_name, row.person.name, row.meetings, row.idle, row.missed]
                    for row in figures.of_people
                ],
            ),
            Sheet(_("反馈"), _report_columns(), list(_reports(figures))),
        ],
    )  # fmt: skip


def _whole(figures: EventFigures) -> Iterator[Sequence[Any]]:
    counts = figures.by_status
    yield from (
        (_("参会团队"), len(figures.teams)), (_("参会人员"), figures.people),
        (_("已签到人员"), figures.arrived), (_("有洽谈的团队"), figures.teams_met),
        (_("覆盖率"), figures.coverage), (_("双方愿意的洽谈"), len(figures.agreed)),
        (_("安排的洽谈"), len(figures.standing)), (_("谈过的洽谈"), counts[MeetingStatus.HELD]),
        (_("没有见成"), counts[MeetingStatus.MISSED]), (_("取消"), counts[MeetingStatus.CANCELLED]),
        (_("现场补排"), figures.standby), (_("日程价值"), figures.value),
        (_("价值上界"), figures.bound), (_("空档"), figures.idle),
        (_("每场洽谈的空档"), figures.idle_per_meeting), (_("收到的反馈"), len(figures.reports)),
        (_("应有的反馈"), figures.reports_due), (_("双方都想继续"), figures.both_interested),
    )  # fmt: skip


def _report_columns() -> list[tuple[str, int]]:
    return [
        (_("需求方"), 36), (_("成果方"), 36), (_("谁填写"), 10), (_("见到了"), 8),
        (_("合作意愿"), 10), (_("下一步"), 30), (_("负责人"), 12), (_("日期"), 12), (_("备注"), 40),
    ]  # fmt: skip


def _reports(figures: EventFigures) -> Iterator[Sequence[Any]]:
    for meeting in figures.meetings:
        for report in meeting.reports:
            steps = [str(label(NextStep(step))) for step in report.next_steps]
            yield (
                meeting.wish.need_team.full_name, meeting.wish.achievement_team.full_name,
                label(Side(report.side)), _("是") if report.met else _("否"), report.interest,
                "、".join(steps), report.owner_name, report.due, report.remark,
            )  # fmt: skip
