"""What was typed and not saved: kept exactly as typed, one draft for each person and form."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matchmaker import clock
from matchmaker.errors import InvalidError
from models import FormDraft, User

FORM = re.compile(r"(?:(?:need|achievement):new|posting:\d{1,9})")
LIMIT = 500_000
SKIPPED = frozenset({"csrf_token", "version", "act", "rows", "carry", "next", "password"})


def save(session: Session, user: User, form: str, data: dict[str, list[str]]) -> FormDraft:
    """Store the fields of a form under its key, replacing what was there.

    Raises:
        InvalidError: the key is none of ours, or the content is too large to keep.

    """
    if not FORM.fullmatch(form):
        raise InvalidError(message=f"unknown form {form[:40]!r}")
    kept = {
        str(key): [str(value).replace("\x00", "") for value in values]
        for key, values in data.items()
        if key not in SKIPPED
    }
    if len(json.dumps(kept)) > LIMIT:
        raise InvalidError(message="too large")
    row = find(session, user, form)
    if row is None:
        row = FormDraft(user_id=user.id, form=form, data=kept, saved_at=clock.now())
        session.add(row)
    row.data = kept
    row.saved_at = clock.now()
    session.flush()
    return row


def find(session: Session, user: User, form: str) -> FormDraft | None:
    """Return the draft of a form, if there is one."""
    return session.scalar(
        select(FormDraft).where(FormDraft.user_id == user.id, FormDraft.form == form)
    )


def discard(session: Session, user: User, form: str) -> None:
    """Forget a draft; it was saved, or is not wanted."""
    session.execute(delete(FormDraft).where(FormDraft.user_id == user.id, FormDraft.form == form))


def keep_carried(session: Session, user: User, carried: str) -> None:
    """Store a form that was sent after the session had ended; what cannot be read is dropped."""
    try:
        fields: Any = json.loads(carried) if carried else {}
        form = str(fields["draft_key"][0])
        save(session, user, form, {k: v for k, v in fields.items() if isinstance(v, list)})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, InvalidError):
        return
