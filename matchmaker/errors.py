"""Why something did not happen. The application turns each into an answer (see `app`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class MatchmakerError(Exception):
    """A refusal; `message` is a sentence for the person (perhaps a lazy translation)."""

    def __init__(self, message: Any = "") -> None:
        super().__init__(message)
        self.message = message


class NotFoundError(MatchmakerError):
    """It does not exist, or not for this person: the two must look the same."""


class NotAllowedError(MatchmakerError):
    """This person may see it but may not do this."""


class NotNowError(MatchmakerError):
    """The act is right, the moment is not: the state has moved on."""


class InvalidError(MatchmakerError):
    """What was given cannot be used; `fields` says where and why, in sentences."""

    def __init__(self, fields: Mapping[str, Any] | None = None, message: Any = "") -> None:
        super().__init__(message or "; ".join(str(text) for text in (fields or {}).values()))
        self.fields: dict[str, Any] = dict(fields or {})


def require(allowed: bool, message: Any = "") -> None:
    """Raise `NotAllowedError` unless the policy said yes."""
    if not allowed:
        raise NotAllowedError(message)


def sentences(errors: Any) -> Iterable[str]:
    """Flatten the errors of a field, those of rows and of fields in rows included."""
    if isinstance(errors, dict):
        errors = errors.values()
    if isinstance(errors, str) or not isinstance(errors, Iterable):
        yield str(errors)
        return
    for error in errors:
        yield from sentences(error)
