"""The live index of a large catalogue: files that all processes share, in step with the database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from matchmaker import jobs
from matchmaker.catalogue import index as catalogue_index
from matchmaker.catalogue import service
from matchmaker.catalogue.index import LiveIndex
from matchmaker.db import Database
from matchmaker.engine import Document, store
from models import Job, Organisation, Posting, Role, User, Verification
from tests import factories

ASKED = Document(id=0, title="单晶高镍正极材料的低残锂制备")


pytestmark = pytest.mark.usefixtures("large_catalogue")


def add(database: Database, owner: User, title: str) -> int:
    with database.transaction() as session:
        return factories.make_achievement(session, session.merge(owner), title=title).id


def best(index: LiveIndex) -> int:
    return index.recommender().suggest_for_need(ASKED, k=1)[0].achievement_id


def test_the_second_process_maps_what_the_first_has_made(database: Database, owner: User) -> None:
    first, second = LiveIndex(database), LiveIndex(database)
    first.recommender()
    assert store.state(database.settings.instance / "index") is not None
    names = [s.name for s in first.recommender().achievements_.segments]
    assert all(names)
    assert [s.name for s in second.recommender().achievements_.segments] == names


def test_every_process_sees_a_new_record_a_change_and_a_withdrawal(
    database: Database, owner: User
) -> None:
    both = LiveIndex(database), LiveIndex(database)
    for index in both:
        index.recommender()
    posting_id = add(database, owner, "单晶高镍三元材料残锂原位转化")
    assert [best(index) for index in both] == [posting_id] * 2
    with database.transaction() as session:
        posting = session.get_one(Posting, posting_id)
        service.save(session, session.merge(owner), posting, {"title": "采摘机器人末端"},
                     version=posting.version)  # fmt: skip
    other = add(database, owner, "高镍正极残锂")
    assert [best(index) for index in both] == [other] * 2
    with database.transaction() as session:
        service.withdraw(session, session.merge(owner), session.get_one(Posting, other))
    for index in both:
        assert other not in [s.achievement_id for s in index.recommender().suggest_for_need(ASKED)]


def test_an_organisation_that_loses_its_verification_takes_its_records_along(
    database: Database, owner: User
) -> None:
    index = LiveIndex(database)
    assert index.recommender().n_achievements_ == 8
    with database.transaction() as session:
        other = factories.make_user(session, Role.RESEARCHER)
        for number in range(5):
            factories.make_achievement(session, other, title=f"泡菜菌种{number}号")
    assert index.recommender().n_achievements_ == 13
    with database.transaction() as session:
        organisation = session.get_one(Organisation, owner.organisation_id)
        organisation.status, organisation.refusal_reason = Verification.REFUSED, "查无此单位"
    assert index.recommender().n_achievements_ == 5


def test_what_has_changed_is_written_by_a_job_and_taken_up_by_the_others(
    database: Database, owner: User
) -> None:
    ours, other = catalogue_index.index_of(database), LiveIndex(database)
    for index in (ours, other):
        index.recommender()
    before = store.state(database.settings.instance / "index")
    for number in range(4):
        with database.transaction() as session:
            posting = factories.make_achievement(
                session, session.merge(owner), title=f"桥梁监测{number}"
            )
            jobs.enqueue(session, "matching.refresh", {"posting_id": posting.id})
    jobs.run_due(database)

    with database.reading() as session:
        kept = session.query(Job).filter(Job.kind == "catalogue.keep_index").all()
    assert [job.status.value for job in kept] == ["done"]
    assert store.state(database.settings.instance / "index") != before
    for index in (ours, other):
        segments = index.recommender().achievements_.segments
        assert sum(s.n_alive for s in segments) == 12
        assert all(s.name for s in segments)
        assert not index.wants_keeping


def test_drifted_weights_are_fitted_anew(database: Database, owner: User) -> None:
    index = LiveIndex(database)
    version = index.recommender().index_version_
    for number in range(30):
        add(database, owner, f"深地科学与工程岩体监测{number}")
    index.recommender()
    told: list[float] = []
    result = index.keep(told.append)

    assert result["fit"]
    assert result["drift"] > catalogue_index.DRIFT
    assert told[-1] == 1.0
    assert index.recommender().index_version_ != version
    assert index.recommender().drift() < 1e-9
    assert not index.keep()["fit"]


def test_a_damaged_index_is_made_anew_and_the_log_says_so(
    database: Database, owner: User, caplog: pytest.LogCaptureFixture
) -> None:
    LiveIndex(database).recommender()
    folder = database.settings.instance / "index"
    (file, *_) = folder.glob("segment-*")
    file.write_bytes(file.read_bytes()[:-5])

    index = LiveIndex(database)
    assert index.recommender().n_achievements_ == 8
    assert "damaged" in caplog.text
    assert all(s.name for s in index.recommender().achievements_.segments)
    caplog.clear()
    assert LiveIndex(database).recommender().n_achievements_ == 8
    assert not caplog.text


def test_a_real_second_process_answers_from_the_same_files(
    database: Database, owner: User, tmp_path: Path
) -> None:
    posting_id = add(database, owner, "单晶高镍三元材料残锂原位转化")
    LiveIndex(database).recommender()
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from config import Settings
from matchmaker.catalogue import index as catalogue_index
from matchmaker.db import open_database
from tests.catalogue.test_index import best
catalogue_index.REFIT_BELOW = 3
database = open_database(Settings.for_tests(Path({str(tmp_path)!r})))
index = catalogue_index.LiveIndex(database)
print(best(index), all(s.name for s in index.recommender().achievements_.segments))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(posting_id), "True"]
