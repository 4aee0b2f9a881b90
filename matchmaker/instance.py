"""The instance: its folder, key, lock and database, made or brought up to date at a start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from config import ROOT, Settings
from matchmaker.console import say


class StartError(RuntimeError):
    """The program cannot start; the message is one sentence in the person's language."""


def prepare(*, demonstration: bool, alone: bool = False) -> Settings:
    """Make the instance folder, key and database; load data the first time.

    Raises:
        StartError: the folder cannot be written, or the database is newer than the program.

    A first start that was interrupted leaves its mark, and the next one begins again: nobody has
    entered anything yet. The mark names the database, so that no other one is ever emptied;
    `alone` says that the caller already holds the instance.
    """
    settings = writable_settings()
    from sqlalchemy.exc import SQLAlchemyError

    from matchmaker import db

    first_start = settings.instance / "first-start"
    try:
        address = db.public_address(settings)
        if first_start.exists() and first_start.read_text(encoding="utf-8") == address:
            lock = None if alone else hold(settings)
            db.remove_all(settings)
            if lock is not None:
                lock.close()
        new = db.current_revision(settings) is None
        if new:
            first_start.write_text(address, encoding="utf-8")
        db.migrate(settings)
        if new:
            _load(settings, demonstration=demonstration)
    except db.DatabaseTooNewError as error:
        raise StartError(
            say(
                f"数据库的版本（{error}）比程序新，请更新程序后再启动。",
                f"The database (revision {error}) is newer than this program; update the program first.",
            )
        ) from error
    except (SQLAlchemyError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StartError(
            say(
                f"数据库打不开：{reason}。请检查 MATCHMAKER_DATABASE_URL 和数据库服务。",
                f"The database cannot be used: {reason}. Check MATCHMAKER_DATABASE_URL and its server.",
            )
        ) from error
    first_start.unlink(missing_ok=True)
    _check_encoder(settings)
    return settings


def _check_encoder(settings: Settings) -> None:
    from matchmaker.engine.encoders import encoder_from
    from matchmaker.engine.encoding import EncoderError

    try:
        encoder_from(settings.encoder)
    except EncoderError as error:
        raise StartError(
            say(
                f"MATCHMAKER_ENCODER 不能使用：{error}",
                f"MATCHMAKER_ENCODER cannot be used: {error}",
            )
        ) from error


def writable_settings() -> Settings:
    """Read the settings of an instance whose folder is there and can be written."""
    folder = Path(os.environ.get("MATCHMAKER_INSTANCE", ROOT / "instance")).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        probe = folder / f".write-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
        return Settings.from_env()
    except OSError as error:
        raise StartError(
            say(
                f"文件夹 {folder} 不能写入（{error.strerror}），请修改权限，或用 MATCHMAKER_INSTANCE 指定别的文件夹。",
                f"The folder {folder} cannot be written ({error.strerror}); change its permissions or name another in MATCHMAKER_INSTANCE.",
            )
        ) from error


def _load(settings: Settings, *, demonstration: bool) -> None:
    from matchmaker.db import open_database
    from matchmaker.vocabulary.reference import load_reference

    database = open_database(settings)
    with database.transaction() as session:
        load_reference(session)
    database.engine.dispose()
    if demonstration:
        from seed.load import load_demonstration

        print(say("正在载入演示数据 …", "Loading the demonstration data …"), flush=True)
        load_demonstration(settings)


def hold(settings: Settings) -> IO[str]:
    """Hold the instance: two programs on one folder would each start a worker."""
    file = (settings.instance / "lock").open("w")
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return file
    except OSError as error:
        raise StartError(
            say(
                f"另一个 ./run 正在使用 {settings.instance}。",
                f"Another ./run is using {settings.instance}.",
            )
        ) from error
    return file
