"""How fast pages and suggestions are at 10,000 + 10,000 records; prints JSON.

python bench/pages.py DATA [--records 10000], where DATA/matching/chinaxiv/passages.jsonl.gz
holds texts. Beside it: one query of the same catalogue by scikit-learn's linear_kernel, as a ratio
in the same run.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel
from sqlalchemy import insert, select

from bench.measuring import passages
from config import Settings
from matchmaker import clock, db, guard, jobs
from matchmaker.app import create_app
from matchmaker.catalogue import service
from matchmaker.catalogue.documents import load_documents
from matchmaker.catalogue.index import index_of
from matchmaker.db import Database
from matchmaker.vocabulary import queries as vocabulary
from matchmaker.vocabulary.reference import load_reference
from models import (
    Achievement,
    LoginSession,
    Match,
    Membership,
    Need,
    Organisation,
    OrganisationKind,
    Posting,
    PostingKind,
    PostingMode,
    PostingNode,
    Role,
    User,
    Verification,
)


def timed(work: Callable[[], Any], times: int) -> dict[str, float]:
    """Run a few times after a warm-up; milliseconds."""
    work()
    spent = []
    for _time in range(times):
        begin = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begin) * 1000)
    return {"median_ms": round(statistics.median(spent), 1), "max_ms": round(max(spent), 1)}


def people(database: Database) -> dict[Role, int]:
    ids = {}
    with database.transaction() as session:
        load_reference(session)
        for role, kind in (
            (Role.RESEARCHER, OrganisationKind.UNIVERSITY),
            (Role.ENTERPRISE, OrganisationKind.ENTERPRISE),
            (Role.ORGANISER, OrganisationKind.GOVERNMENT),
        ):
            organisation = Organisation(
                name=f"示范单位 {role.value}", kind=kind, region_code="500106", created_at=clock.now(),
                status=Verification.VERIFIED, verified_at=clock.now(),
            )  # fmt: skip
            user = User(
                email=f"{role.value}@example.org", name="示范人", role=role, organisation=organisation,
                membership=Membership.CONFIRMED, password_hash="!", created_at=clock.now(),
            )  # fmt: skip
            session.add(user)
            session.flush()
            ids[role] = user.id
    return ids


def fill(database: Database, owners: dict[Role, int], texts: list[str], records: int) -> None:
    """Write published postings in bulk; services are too slow to fill a bench."""
    with database.transaction() as session:
        chains = [node.id for node in vocabulary.chains(session)]
        moment, until = clock.now(), clock.today() + timedelta(days=365)
        rows, achievements, needs, nodes, modes = [], [], [], [], []
        for i in range(2 * records):
            kind = PostingKind.ACHIEVEMENT if i < records else PostingKind.NEED
            owner = session.get_one(
                User, owners[Role.RESEARCHER if i < records else Role.ENTERPRISE]
            )
            text = texts[i % len(texts)]
            rows.append({
                "id": i + 1, "kind": kind, "status": "published", "title": text[:28],
                "problem": text, "organisation_id": owner.organisation_id, "owner_id": owner.id,
                "region_code": "500106", "declared_open": True, "valid_until": until,
                "created_at": moment, "updated_at": moment - timedelta(minutes=2 * records + 10 - i),
                "published_at": moment, "search_text": text.lower(), "trl": 1 + i % 9, "version": 1,
            })  # fmt: skip
            (achievements if i < records else needs).append({"id": i + 1})
            nodes.append({"posting_id": i + 1, "node_id": chains[i % len(chains)], "direct": True})
            modes.append({"posting_id": i + 1, "mode": "license"})
        tables = (
            (Posting, rows),
            (Achievement, achievements),
            (Need, needs),
            (PostingNode, nodes),
            (PostingMode, modes),
        )
        for table, values in tables:
            session.execute(insert(table.__table__), values)


def browser(app: Any, database: Database, user_id: int) -> Any:
    token, moment = guard.new_token(), clock.now()
    with database.transaction() as session:
        session.add(LoginSession(
            token_hash=guard.token_hash(token), user_id=user_id, created_at=moment, last_seen_at=moment,
            authenticated_at=moment, expires_at=moment + timedelta(hours=1),
        ))  # fmt: skip
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    return client


def publish_one(database: Database, owners: dict[Role, int], text: str, number: int) -> float:
    """Publish a need through the services and wait for its suggestions; seconds."""
    with database.transaction() as session:
        owner = session.get_one(User, owners[Role.ENTERPRISE])
        chain = vocabulary.chains(session)[0].id
        need = service.save_new(session, owner, PostingKind.NEED, {
            "title": f"{text[40:70]} {number}", "problem": text, "nodes": [chain], "modes": ["license"],
            "declared_open": True, "indicators": [{"name": "指标", "value": "1"}],
        })  # fmt: skip
        service.submit(session, owner, need)
        need_id = need.id
    begin = time.perf_counter()
    with database.transaction() as session:
        organiser = session.get_one(User, owners[Role.ORGANISER])
        service.publish(session, organiser, session.get_one(Posting, need_id))
    jobs.run_due(database)
    spent = time.perf_counter() - begin
    with database.reading() as session:
        assert session.scalars(select(Match.id).where(Match.need_id == need_id)).all()
    return spent


def read_options(words: str | None) -> argparse.Namespace:
    """Read the arguments of a bench of the platform."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("data", type=Path)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=15)
    return parser.parse_args()


def main() -> None:
    options = read_options(__doc__)
    texts = passages(options.data, 2 * options.records)
    folder = Path(tempfile.mkdtemp(prefix="matchmaker-bench-"))
    settings = Settings.for_tests(folder)
    db.migrate(settings)
    app = create_app(settings)
    logging.getLogger("matchmaker.mail").setLevel(
        logging.ERROR
    )  # nobody reads the mail of a bench
    app.config["WTF_CSRF_ENABLED"] = False
    database: Database = app.extensions["database"]
    owners = people(database)
    fill(database, owners, texts, options.records)
    result: dict[str, Any] = {"records": [options.records, options.records]}
    with app.app_context():
        index = index_of(database)
        begin = time.perf_counter()
        recommender = index.recommender()
        result["index_from_database_s"] = round(time.perf_counter() - begin, 1)
        with database.reading() as session:
            (document,) = load_documents(session, [options.records + 5]).values()
        ours = timed(lambda: recommender.suggest_for_need(document), options.times)
        result["suggest_for_need"] = ours
        vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).fit(
            texts[: options.records]
        )
        matrix = vectors.transform(texts[: options.records])
        plain = timed(
            lambda: linear_kernel(vectors.transform([document.body]), matrix).argsort()[0][-20:], 5
        )
        result["linear_kernel"] = plain
        result["linear_kernel_over_ours"] = round(plain["median_ms"] / ours["median_ms"], 1)
        spent = [publish_one(database, owners, texts[i], i) for i in range(options.times)]
        result["publish_to_suggestions_s"] = {
            "median": round(statistics.median(spent), 3), "max": round(max(spent), 3)
        }  # fmt: skip
    organiser = browser(app, database, owners[Role.ORGANISER])
    company = browser(app, database, owners[Role.ENTERPRISE])
    for name, client, path_ in (
        ("list_achievements", company, "/achievements"),
        ("list_needs_of_a_chain", organiser, "/needs?chain=12&trl=6-7"),
        ("search_one_word", company, "/achievements?q=材料"),
        ("detail_achievement", company, "/achievements/77"),
        ("review_desk", organiser, "/review"),
    ):
        assert client.get(path_).status_code == 200, path_
        result[name] = timed(lambda c=client, p=path_: c.get(p), options.times)  # type: ignore[misc]
    form = {"title": texts[3][:40], "problem": texts[3]}
    result["live_finds"] = timed(
        lambda: company.post("/matching/live/need", data=form), options.times
    )
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
