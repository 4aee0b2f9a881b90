"""The live index follows what no posting tells, and trusts no files of another database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from config import Settings
from matchmaker import clock, db, jobs
from matchmaker.catalogue import index as catalogue_index
from matchmaker.catalogue import service
from matchmaker.catalogue.documents import published
from matchmaker.catalogue.index import LiveIndex
from matchmaker.db import Database, open_database
from matchmaker.engine import Document, corpus, store
from matchmaker.engine.filters import Filter
from matchmaker.vocabulary.service import apply_import, check_import
from models import (
    Job,
    JobStatus,
    Model,
    Organisation,
    Posting,
    PostingKind,
    PostingNode,
    Role,
    User,
    Verification,
)
from tests import factories

KEEP = "catalogue.keep_index"
LONG_AGO = timedelta(hours=1)
"""Further back than the changes that are looked at first."""


pytestmark = pytest.mark.usefixtures("large_catalogue")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the index count at every question."""
    monkeypatch.setattr(catalogue_index, "TRUSTED", 0.0)


@pytest.fixture
def without_wal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be on a machine whose SQLite is not trusted with a write-ahead log."""
    monkeypatch.setattr(db, "journal_mode", lambda: "truncate")


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records each fit had."""
    seen: list[int] = []
    fitted = LiveIndex._fitted

    def counted(self: LiveIndex, total: int, tell: Callable[[float], None] | None = None):  # noqa: ANN202
        seen.append(total)
        return fitted(self, total, tell)

    monkeypatch.setattr(LiveIndex, "_fitted", counted)
    return seen


def add(database: Database, owner: User, title: str, *, ago: timedelta = timedelta(0)) -> int:
    with database.transaction() as session:
        return factories.make_achievement(
            session, session.merge(owner), title=title, at=clock.now() - ago
        ).id


def held(index: LiveIndex) -> dict[int, int]:
    """The version of every achievement that the index holds."""
    ids, versions = index.recommender().achievements_.versions()
    return dict(zip(ids.tolist(), versions.tolist(), strict=True))


def shown(database: Database) -> dict[int, int]:
    """The version of every achievement that is published."""
    rows = select(Posting.id, Posting.version).where(Posting.kind == PostingKind.ACHIEVEMENT)
    with database.reading() as session:
        return {row.id: row.version for row in session.execute(published(rows))}


def found(index: LiveIndex, words: str) -> list[int]:
    return [int(key) for key, _ in index.recommender().search(words)]


def rename(database: Database, owner: User, posting_id: int, title: str) -> None:
    with database.transaction() as session:
        posting = session.get_one(Posting, posting_id)
        service.save(session, session.merge(owner), posting, {"title": title},
                     version=posting.version)  # fmt: skip


def decide(session: Session, organisation_id: int, status: Verification) -> None:
    organisation = session.get_one(Organisation, organisation_id)
    organisation.status = status
    organisation.verified_at = None if status == Verification.PENDING else clock.now()


def with_achievement(database: Database, status: Verification) -> int:
    """Make an organisation with a record from long ago."""
    with database.transaction() as session:
        organisation = factories.make_organisation(session, status=status)
        person = factories.make_user(session, Role.RESEARCHER, organisation=organisation)
        factories.make_achievement(session, person, title="泡菜", at=clock.now() - LONG_AGO)
        return organisation.id


def test_old_records_come_and_go_with_the_verification_of_their_organisation(
    database: Database, owner: User
) -> None:
    other = with_achievement(database, Verification.VERIFIED)
    index = LiveIndex(database)
    assert len(held(index)) == 9
    for status, count in ((Verification.PENDING, 8), (Verification.VERIFIED, 9)):
        with database.transaction() as session:
            decide(session, other, status)
        assert len(held(index)) == count
        assert held(index) == shown(database)


def test_one_organisation_may_lose_its_verification_while_another_gains_it(
    database: Database, owner: User
) -> None:
    one = with_achievement(database, Verification.VERIFIED)
    other = with_achievement(database, Verification.PENDING)
    index = LiveIndex(database)
    before = held(index)
    with database.transaction() as session:
        decide(session, one, Verification.PENDING)
        decide(session, other, Verification.VERIFIED)

    assert held(index) == shown(database) != before
    index.keep()
    assert held(LiveIndex(database)) == shown(database)


def test_a_change_that_bears_an_old_time_is_found_by_the_count(
    database: Database, owner: User, at_once: None
) -> None:
    index = LiveIndex(database)
    index.recommender()
    add(database, owner, "迟到的一条", ago=LONG_AGO)
    assert held(index) == shown(database)


def test_an_edit_that_bears_an_old_time_is_found_by_the_sum_of_versions(
    database: Database, owner: User, at_once: None
) -> None:
    posting_id = add(database, owner, "采摘机器人末端", ago=LONG_AGO)
    index = LiveIndex(database)
    index.recommender()
    with database.transaction() as session:
        session.execute(
            update(Posting).where(Posting.id == posting_id)
            .values(title="单晶高镍残锂", version=Posting.version + 1)
        )  # fmt: skip
    assert found(index, "单晶高镍残锂") == [posting_id]
    assert held(index) == shown(database)


def test_changes_of_old_times_whose_versions_add_up_are_found_by_the_count(
    database: Database, owner: User, at_once: None
) -> None:
    twice = add(database, owner, "改过一次", ago=LONG_AGO)
    with database.transaction() as session:
        session.execute(update(Posting).where(Posting.id == twice).values(version=2))
    index = LiveIndex(database)
    assert held(index)[twice] == 2
    with database.transaction() as session:
        session.execute(
            update(Posting).where(Posting.id == twice).values(status="archived", version=3)
        )
    for title in ("迟到的一条", "迟到的又一条"):
        add(database, owner, title, ago=LONG_AGO)
    assert held(index) == shown(database)


def test_what_leaves_the_pulse_alone_is_seen_after_a_moment(
    database: Database, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [1000.0]
    monkeypatch.setattr(catalogue_index, "time", SimpleNamespace(monotonic=lambda: moment[0]))
    index = LiveIndex(database)
    for _ in range(2):
        index.recommender()
    add(database, owner, "迟到的一条", ago=LONG_AGO)
    moment[0] += 3.0
    assert held(index) == shown(database)


def test_a_new_edition_of_the_chains_reaches_an_index_that_was_kept(
    database: Database, owner: User
) -> None:
    with database.transaction() as session:
        chain, researcher = factories.make_node(session, "动力电池"), session.merge(owner)
        ids = [
            factories.make_achievement(session, researcher, title=f"正极{n}", nodes=[chain]).id
            for n in range(4)
        ]
    kept = LiveIndex(database)
    kept.recommender()
    with database.transaction() as session:
        row = {"chain": "动力电池", "node": "", "need": "", "target": ""}
        report = check_import(session, [row], "2027")
        administrator = factories.make_user(session, Role.ADMINISTRATOR)
        apply_import(session, administrator, report, source="示范文号", valid_from=None)
    with database.reading() as session:
        filed = select(PostingNode.node_id).where(PostingNode.posting_id == ids[0])
        within = Filter(chains=frozenset({str(session.scalars(filed).one())}))

    need = Document(id=0, title="正极")
    for index in (kept, LiveIndex(database)):
        best = index.recommender().suggest_for_need(need, k=20, among=within)
        assert sorted(s.achievement_id for s in best) == ids


def test_the_files_of_another_database_are_not_taken_up(
    database: Database, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    LiveIndex(database).recommender()
    folder = database.settings.instance
    other = open_database(Settings.for_tests(folder, f"sqlite:///{folder / 'other.sqlite'}"))
    Model.metadata.create_all(other.engine)
    with other.transaction() as session:
        researcher = factories.make_user(session, Role.RESEARCHER)
        for number in range(8):
            factories.make_achievement(session, researcher, title=f"单晶高镍正极残锂{number}")

    assert len(found(LiveIndex(other), "单晶高镍")) == 8
    assert "another database" in caplog.text
    caplog.clear()
    assert len(found(LiveIndex(other), "单晶高镍")) == 8
    assert not caplog.text
    other.engine.dispose()


def test_files_that_know_more_than_a_restored_backup_are_not_taken_up(
    database: Database, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    posting_id = add(database, owner, "柑橘分选")
    file, backup = (database.settings.instance / name for name in ("test.sqlite", "backup"))
    database.engine.dispose()
    shutil.copy(file, backup)
    rename(database, owner, posting_id, "这一版后来没有了")
    index = LiveIndex(database)
    index.recommender()
    index.keep()

    database.engine.dispose()
    shutil.copy(backup, file)
    rename(database, owner, posting_id, "单晶高镍残锂")

    assert found(LiveIndex(database), "单晶高镍残锂") == [posting_id]
    assert "history" in caplog.text


def test_a_draft_that_was_thrown_away_leaves_the_files_in_force(
    database: Database, owner: User, fits: list[int]
) -> None:
    rename(database, owner, next(iter(shown(database))), "柑橘分选")
    with database.transaction() as session:
        researcher = session.merge(owner)
        draft = service.save_new(session, researcher, PostingKind.ACHIEVEMENT, {"title": "草稿"})
    LiveIndex(database).recommender()
    with database.transaction() as session:
        service.discard(session, session.merge(owner), session.get_one(Posting, draft.id))

    assert held(LiveIndex(database)) == shown(database)
    assert len(fits) == 1


def test_files_that_do_not_say_what_they_were_made_from_are_made_anew(
    database: Database, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    LiveIndex(database).recommender()
    manifest = database.settings.instance / "index" / store.MANIFEST
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["notes"] = {name: content["notes"][name] for name in ("records", "versions", "last")}
    manifest.write_text(json.dumps(content), encoding="utf-8")

    assert held(LiveIndex(database)) == shown(database)
    assert "does not say" in caplog.text
    assert "origin" in json.loads(manifest.read_text(encoding="utf-8"))["notes"]


def test_the_job_fits_anew_where_nobody_may_write_while_somebody_reads(
    without_wal: None, database: Database, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "BLOCK", 4)  # the job reports in the midst of reading
    index = catalogue_index.index_of(database)
    index.recommender()
    for number in range(30):
        add(database, owner, f"深地科学与工程岩体监测{number}")
    with database.transaction() as session:
        job_id = jobs.enqueue(session, KEEP).id
    jobs.run(database, job_id)

    with database.reading() as session:
        job = session.get_one(Job, job_id)
        assert (job.status, job.error) == (JobStatus.DONE, "")
        assert job.result is not None
        assert job.result["fit"]


@pytest.mark.parametrize("of_a_request", [True, False])
def test_a_commit_that_found_the_database_locked_leaves_nothing_behind(
    without_wal: None, database: Database, owner: User, of_a_request: bool
) -> None:
    database.engine.dispose()
    event.listen(database.engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=50"))
    with database.reading() as reader:
        reader.execute(select(Posting.id)).all()
        writing = db.transaction() if of_a_request else database.transaction()
        with pytest.raises(OperationalError, match="locked"), writing as session:
            factories.make_achievement(session, session.merge(owner))
        db.close_session()

    for number in range(3):
        add(database, owner, f"后来的{number}")
    assert len(shown(database)) == 11


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])
def test_no_second_job_writes_the_files_while_one_waits_or_runs(
    database: Database, owner: User, status: JobStatus
) -> None:
    catalogue_index.index_of(database).recommender()
    ids = [add(database, owner, f"桥梁监测{number}") for number in range(4)]
    with database.transaction() as session:
        begun = jobs.enqueue(session, KEEP)
        begun.status = status
        begun.lease_until = begun.run_after = clock.now() + jobs.LEASE
        jobs.enqueue(session, "matching.refresh", {"posting_id": ids[0]})
    jobs.run_due(database)

    assert catalogue_index.index_of(database).wants_keeping
    with database.reading() as session:
        assert session.scalars(select(Job.status).where(Job.kind == KEEP)).all() == [status]


def disk_is_full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "_written", full)


def no_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_text("a file where the folder should be", encoding="utf-8")


@pytest.mark.parametrize("hinder", [disk_is_full, no_folder])
def test_where_the_files_cannot_be_written_the_index_answers_from_memory(
    database: Database,
    owner: User,
    fits: list[int],
    hinder: Callable[[Path, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hinder(database.settings.instance / "index", monkeypatch)
    index = LiveIndex(database)
    for _ in range(2):
        assert held(index) == shown(database)
    posting_id = add(database, owner, "单晶高镍残锂")
    assert found(index, "单晶高镍残锂") == [posting_id]
    assert len(fits) == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "stays in memory" in caplog.text
