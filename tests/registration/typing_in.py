"""What is typed into the forms of registration, as services and as browsers get it."""

from __future__ import annotations

from typing import Any

from models import Side, User


def person(name: str = "示范同事", **values: Any) -> dict[str, Any]:
    return {"name": name, **values}


def values(*members: dict[str, Any], side: Side = Side.NEED, **more: Any) -> dict[str, Any]:
    """What a service gets: a team of one person who is free all the time."""
    return {"side": side, "members": list(members) or [person()], **more}


def typed(user: User, *others: str, side: str = "need", **more: Any) -> dict[str, Any]:
    """What a browser sends: the person in the first row, others with their names alone."""
    found: dict[str, Any] = {"side": side, "name": ""}
    found |= {"members-0-name": user.name, "members-0-email": user.email}
    found |= {f"members-{n}-name": name for n, name in enumerate(others, 1)}
    return found | more
