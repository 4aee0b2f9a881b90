"""After a decision: both sides are told, unless it was undone in the meantime."""

from __future__ import annotations

from sqlalchemy import select

from matchmaker import jobs
from matchmaker.jobs import JobRun
from matchmaker.notifications.service import notify
from matchmaker.review.service import decision_of
from models import Match, MatchStatus, Notification


@jobs.task("review.announce")
def announce(run: JobRun) -> None:
    """Tell the owners of both postings of an accepted pair, once."""
    with run.database.transaction() as session:
        match = session.get(Match, run.payload["match_id"])
        if match is None or match.status != MatchStatus.ACCEPTED:
            return
        if run.payload.get("decided") != decision_of(match):
            return  # accepted anew since: that decision has its own minute, and its own job
        mark = {"match": match.id, "decided": decision_of(match)}
        owners = {posting.owner_id: posting.owner for posting in (match.need, match.achievement)}
        for owner in owners.values():
            told = session.scalars(
                select(Notification.values).where(
                    Notification.user_id == owner.id, Notification.kind == "match.accepted"
                )
            )
            if any(all(values.get(k) == v for k, v in mark.items()) for values in told):
                continue
            notify(
                session, owner, "match.accepted", need=match.need.title,
                achievement=match.achievement.title, by_mail=True, endpoint="review.pairing",
                endpoint_values={"match_id": match.id}, **mark,
            )  # fmt: skip
