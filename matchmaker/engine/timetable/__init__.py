"""Timetables of meetings: values in, a proven plan out. See `planner.plan`."""

from .form import InstanceError, instance_of, read_instance, read_meetings, write_plan, written
from .planner import plan
from .values import Instance, Locked, Meeting, Person, Plan, Slot, Table, Team, Unscheduled, Wish

__all__ = [
    "Instance",
    "InstanceError",
    "Locked",
    "Meeting",
    "Person",
    "Plan",
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
