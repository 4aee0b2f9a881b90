"""Several people who do something at the same moment, each in a transaction of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.orm import Session

from matchmaker.db import Database

T = TypeVar("T")


def at_once(
    database: Database, act: Callable[[Session, T], object], those: Sequence[T]
) -> list[BaseException]:
    """Let an act begin for all at once; return what those ended with who did not get through."""
    start = threading.Barrier(len(those))
    failures: list[BaseException] = []

    def run(one: T) -> None:
        try:
            start.wait()
            with database.transaction() as session:
                act(session, one)
        except BaseException as error:  # noqa: BLE001 - returned to the thread of the test
            failures.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in those]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
