"""The worker: Celery carries ids of jobs, `jobs.run` does them.

Embedded form: a filesystem broker in the instance folder and one process with threads that
`./run` starts and stops (`celery -A matchmaker.worker worker -P threads -B`).
"""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_init
from flask import Flask

from config import Settings
from matchmaker import jobs

SWEEP_EVERY = timedelta(seconds=5)
RUN_JOB = "matchmaker.run_job.1"
SWEEP = "matchmaker.sweep.1"
DAILY = "matchmaker.daily.1"


# Celery warns of root because of pickle; only JSON is accepted here, and `./run` in a container is root.
warnings.filterwarnings("ignore", category=SecurityWarning)


def create_celery(settings: Settings) -> Celery:
    """Configure Celery for these settings; nothing is connected yet."""
    celery = Celery("matchmaker", set_as_current=False)
    celery.conf.update(
        broker_url="filesystem://localhost",
        broker_transport_options=_transport(settings),
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_concurrency=2,
        worker_hijack_root_logger=False,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        beat_schedule_filename=str(settings.instance / "beat-schedule"),
        beat_schedule={
            "sweep": {"task": SWEEP, "schedule": SWEEP_EVERY},
            "daily": {"task": DAILY, "schedule": timedelta(hours=1)},
        },
    )
    _register(celery, settings)
    return celery


def _transport(settings: Settings) -> dict[str, Any]:
    folder = settings.broker
    for name in ("queue", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
        "store_processed": False,
        "polling_interval": 0.05,
    }


def _register(celery: Celery, settings: Settings) -> None:
    @cache
    def app() -> Flask:
        from matchmaker.app import create_app

        return create_app(settings)

    @worker_init.connect(weak=False)  # type: ignore[untyped-decorator]
    def prepare(**_arguments: Any) -> None:
        """Make the application before two threads can ask for it, and warm it up beside them."""
        threading.Thread(target=_warm, args=(app(), settings), daemon=True).start()

    @celery.task(name=RUN_JOB)  # type: ignore[untyped-decorator]
    def run_job(job_id: int) -> None:
        with app().app_context():
            jobs.run(app().extensions["database"], job_id)

    @celery.task(name=SWEEP)  # type: ignore[untyped-decorator]
    def sweep() -> None:
        with app().app_context():
            jobs.sweep(app().extensions["database"])

    @celery.task(name=DAILY)  # type: ignore[untyped-decorator]
    def daily() -> None:
        """Enqueue the regular work; each task decides whether it is due."""
        with app().app_context():
            database = app().extensions["database"]
            for kind in jobs.REGULAR:
                with database.transaction() as session:
                    jobs.enqueue(session, kind, max_attempts=2)

    del prepare, run_job, sweep, daily


def _warm(app: Flask, settings: Settings) -> None:
    """Do now what the first suggestions after a start would wait for, and say that it is done."""
    from matchmaker.catalogue.index import live_index

    with app.app_context():
        live_index().warm()
    ready_file(settings).touch()


def ready_file(settings: Settings) -> Path:
    """The file that a worker leaves when it is warm; who starts one removes it first."""
    return settings.instance / "worker-ready"


def sender(settings: Settings) -> Any:
    """Return a function that sends one job id to the queue."""
    celery = create_celery(settings)
    return lambda job_id: celery.send_task(RUN_JOB, args=[job_id])


def __getattr__(name: str) -> Celery:
    """Build `celery` (for `celery -A matchmaker.worker`) only when it is asked for."""
    if name in {"celery", "app"}:
        return create_celery(Settings.from_env())
    raise AttributeError(name)


def _leave_with_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = int(os.environ.get("MATCHMAKER_PARENT", "0"))
    while parent and os.getppid() == parent:
        time.sleep(1)
    if parent:
        os.kill(os.getpid(), signal.SIGTERM)


if os.environ.get("MATCHMAKER_PARENT"):
    threading.Thread(target=_leave_with_parent, daemon=True).start()
