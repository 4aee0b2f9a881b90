"""Pages of a list, kept in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Request

NEAR = 2


@dataclass(frozen=True, slots=True)
class Page:
    """Which page of how many, and the address of each."""

    number: int
    size: int
    total: int
    path: str
    arguments: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: Request, total: int, size: int) -> Page:
        """Read the page from the address; what makes no sense is the first or the last page."""
        wanted = request.args.get("page", "1")
        number = int(wanted) if wanted.isdecimal() and len(wanted) < 9 else 1
        last = max(1, -(-total // size))
        arguments = tuple(
            (key, value) for key, value in request.args.items(multi=True) if key != "page"
        )
        return cls(min(max(number, 1), last), size, total, request.path, arguments)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    def url(self, number: int) -> str:
        """Return the address of a page, everything else as it is."""
        arguments = [*self.arguments, *([("page", str(number))] if number > 1 else [])]
        return f"{self.path}?{urlencode(arguments)}" if arguments else self.path

    def around(self) -> list[int | None]:
        """Return the numbers to show; None stands for a gap."""
        shown = sorted(
            {1, self.pages}
            | set(range(max(1, self.number - NEAR), min(self.pages, self.number + NEAR) + 1))
        )
        result: list[int | None] = []
        for number in shown:
            if result and number - (result[-1] or 0) > 1:
                result.append(None)
            result.append(number)
        return result


def without(request: Request, name: str, value: str | None = None, **changes: Any) -> str:
    """Return this address without one argument (or one value of it), on the first page."""
    kept = [
        (key, item)
        for key, item in request.args.items(multi=True)
        if key != "page" and key not in changes
        and not (key == name and (value is None or item == value))
    ]  # fmt: skip
    kept += [(key, str(item)) for key, item in changes.items()]
    return f"{request.path}?{urlencode(kept)}" if kept else request.path
