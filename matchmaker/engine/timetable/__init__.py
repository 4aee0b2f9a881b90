"""Timetables of meetings: values in, a proven plan out. See `planner.plan`.

`Problem` and `Board` answer what may stand where, for those who move meetings by hand.
"""

from .board import Board, Place
from .form import InstanceError, instance_of, read_instance, read_meetings, write_plan, written
from .planner import plan
from .problem import Pin, Problem
from .values import Instance, Locked, Meeting, Person, Plan, Slot, Table, Team, Unscheduled, Wish

__all__ = [
    "Board",
    "Instance",
    "InstanceError",
    "Locked",
    "Meeting",
    "Person",
    "Pin",
    "Place",
    "Plan",
    "Problem",
    "Slot",
    "Table",
    "Team",
    "Unscheduled",
    "Wish",
    "instance_of",
    "plan",
    "read_instance",
    "read_meetings",
    "write_plan",
    "written",
]
