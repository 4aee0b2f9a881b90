"""`./run` as an administrator meets it: one sentence when it cannot start, a clean end, no loss."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import Settings
from matchmaker.db import open_database
from models import Role
from tests import factories

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120
Start = Callable[..., "subprocess.Popen[str]"]


def environment(instance: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MATCHMAKER")}
    return {**kept, "LC_ALL": "C.UTF-8", "MATCHMAKER_INSTANCE": str(instance), **more}


def command(instance: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "run.py", *arguments],
        cwd=ROOT, env=environment(instance, **more), text=True, capture_output=True,
        timeout=PATIENCE, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _hear_ctrl_c() -> None:
    """Undo what a shell does to what it starts in the background, the tests perhaps."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the platform and wait until it answers; whatever is left at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def begin(port: int, instance: Path = tmp_path / "instance") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "run.py", "--empty", "--port", str(port)],
            cwd=ROOT, env=environment(instance), text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - nothing here has threads
        )  # fmt: skip
        running.append(process)
        wait_until(lambda: answers(port) or process.poll() is not None)
        return process

    yield begin
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that carry this parent's number in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"MATCHMAKER_PARENT={process.pid}".encode() in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    """Return what the person reads: one line on stderr, and a status that is not zero."""
    assert result.returncode != 0
    assert "Traceback" not in result.stderr + result.stdout
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_help_names_every_command(tmp_path: Path) -> None:
    result = command(tmp_path, "--help")
    assert result.returncode == 0
    for word in ("--port", "--host", "--empty", "serve", "import", "create-admin", "version"):
        assert word in result.stdout


def test_help_speaks_chinese_in_a_chinese_terminal(tmp_path: Path) -> None:
    assert "端口" in command(tmp_path, "--help", LC_ALL="zh_CN.UTF-8").stdout


def test_a_port_in_use_is_one_sentence_that_names_another(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = one_sentence(command(tmp_path, "--empty", "--port", str(port)))
    assert f"--port {port + 1}" in words


def test_an_impossible_port_is_one_sentence(tmp_path: Path) -> None:
    assert "99999" in one_sentence(command(tmp_path, "--empty", "--port", "99999"))


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    port = str(free_port())
    assert "MATCHMAKER_INSTANCE" in one_sentence(
        command(tmp_path / "file" / "instance", "--empty", "--port", port)
    )


def test_a_folder_without_permission_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    # root may write there all the same, but not among the kernel's own files
    folder = Path("/proc/sys/instance") if os.geteuid() == 0 else tmp_path
    words = one_sentence(command(folder, "--empty", "--port", str(free_port())))
    assert str(folder) in words


@pytest.mark.parametrize(
    "address", ["nonsense", "postgresql+psycopg://nobody@127.0.0.1:9/none", "sqlite:////no/such"]
)
def test_a_database_that_cannot_be_used_is_one_sentence(tmp_path: Path, address: str) -> None:
    result = command(
        tmp_path, "--empty", "--port", str(free_port()), MATCHMAKER_DATABASE_URL=address
    )
    assert "MATCHMAKER_DATABASE_URL" in one_sentence(result)


def test_a_damaged_database_is_one_sentence_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "matchmaker.sqlite"
    path.write_bytes(b"this is not a database, but perhaps somebody can save it" * 100)
    before = path.read_bytes()
    words = one_sentence(command(tmp_path, "--empty", "--port", str(free_port())))
    assert "not a database" in words
    assert path.read_bytes() == before


def test_it_starts_twice_keeps_what_there_is_and_stops_without_traces(
    tmp_path: Path, start: Start
) -> None:
    instance, port = tmp_path / "instance", free_port()
    process = start(port)
    assert answers(port)
    assert "Another ./run" in one_sentence(
        command(instance, "--empty", "--port", str(free_port()))
    )
    os.kill(process.pid, signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}" in printed
    assert "Traceback" not in printed
    assert "WARNING" not in printed
    wait_until(lambda: not workers_of(process))

    key = (instance / "secret_key").read_text()
    assert (instance / "secret_key").stat().st_mode & 0o077 == 0
    again = start(free_port())
    os.kill(again.pid, signal.SIGTERM)
    printed, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0
    assert (instance / "secret_key").read_text() == key


def test_a_database_newer_than_the_program_is_one_sentence(tmp_path: Path) -> None:
    assert command(tmp_path, "create-admin", "chief@example.org").returncode != 0  # no password
    with sqlite3.connect(tmp_path / "matchmaker.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffff'")
    words = one_sentence(command(tmp_path, "--empty", "--port", str(free_port())))
    assert "ffff" in words
    assert "newer" in words


def test_nobody_else_on_the_machine_reads_the_instance(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    command(instance, "create-admin", "chief@example.org")
    assert instance.stat().st_mode & 0o077 == 0
    assert (instance / "matchmaker.sqlite").stat().st_mode & 0o077 == 0


def test_demonstration_accounts_are_not_opened_to_a_network(tmp_path: Path) -> None:
    command(tmp_path, "create-admin", "chief@example.org")
    database = open_database(Settings.from_env({"MATCHMAKER_INSTANCE": str(tmp_path)}))
    with database.transaction() as session:
        admin = factories.make_user(session, Role.ADMINISTRATOR, email="admin@example.org")
        admin.organisation.demonstration = True
    database.engine.dispose()
    words = one_sentence(command(tmp_path, "--host", "0.0.0.0", "--port", str(free_port())))
    assert "--public-demo" in words


def test_killing_the_server_ends_the_worker_and_the_next_start_works(
    tmp_path: Path, start: Start
) -> None:
    process = start(free_port())
    wait_until(lambda: bool(workers_of(process)))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_until(lambda: not workers_of(process))
    port = free_port()
    start(port)
    assert answers(port)


def test_a_worker_that_died_is_started_again(start: Start) -> None:
    process = start(free_port())
    wait_until(lambda: bool(workers_of(process)))
    first = workers_of(process)
    for number in first:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    wait_until(lambda: bool(set(workers_of(process)) - set(first)))
    os.kill(process.pid, signal.SIGTERM)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert "The worker ended unexpectedly" in printed
    assert process.returncode == 0


def test_a_first_start_that_was_interrupted_begins_again(tmp_path: Path, start: Start) -> None:
    instance, port = tmp_path / "instance", free_port()
    start(port).kill()
    path = instance / "matchmaker.sqlite"
    wait_until(lambda: not answers(port))
    (instance / "first-start").write_text(f"sqlite:///{path}", encoding="utf-8")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM regions")
    start(free_port())
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM regions").fetchone()[0] > 100
    assert not (instance / "first-start").exists()


def test_another_database_is_never_emptied_by_the_mark(tmp_path: Path) -> None:
    command(tmp_path, "create-admin", "chief@example.org")
    (tmp_path / "first-start").write_text("sqlite:///another", encoding="utf-8")
    with sqlite3.connect(tmp_path / "matchmaker.sqlite") as connection:
        connection.execute("DELETE FROM regions WHERE code = '500103'")
        left = connection.execute("SELECT count(*) FROM regions").fetchone()
    command(tmp_path, "create-admin", "chief@example.org")
    with sqlite3.connect(tmp_path / "matchmaker.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM regions").fetchone() == left
