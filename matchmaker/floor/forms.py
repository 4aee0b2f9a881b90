"""The report of a meeting."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from matchmaker.floor.kinds import INTEREST
from matchmaker.floor.reporting import Said
from matchmaker.forms import Choice, Choices, Day, Form, Text
from matchmaker.labels import choices
from models import MeetingReport, NextStep

MET = [("yes", _l("见到了")), ("no", _l("没见到"))]


class ReportForm(Form):
    """Four taps and, for who likes, a sentence."""

    met = Choice(_l("见到面了吗？"), choices=MET)
    interest = Choice(
        _l("合作意愿"),
        choices=[(str(number), words) for number, words in INTEREST.items()],
        optional=True,
    )
    next_steps = Choices(_l("下一步"), choices=choices(NextStep), optional=True)
    owner_name = Text(_l("谁来跟"), limit=60, optional=True)
    due = Day(_l("什么时候"), optional=True)
    remark = Text(_l("说一句"), limit=500, optional=True, example=_l("例如：模温曲线要原始数据"))

    def said(self) -> Said:
        """Return what was typed, as the service wants it."""
        return Said(
            met=self.met.data == "yes",
            interest=int(self.interest.data) if self.interest.data else None,
            next_steps=tuple(self.next_steps.data),
            owner_name=self.owner_name.data or "",
            due=self.due.data,
            remark=self.remark.data or "",
        )

    def show_report(self, report: MeetingReport) -> None:
        """Fill in what this side said before."""
        self.met.data = "yes" if report.met else "no"
        self.interest.data = None if report.interest is None else str(report.interest)
        self.next_steps.data = list(report.next_steps)
        self.owner_name.data, self.due.data = report.owner_name, report.due
        self.remark.data = report.remark
