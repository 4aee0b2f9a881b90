"""One worker beside the web server, as `./run` starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

from config import ROOT, Settings
from matchmaker.console import say
from matchmaker.worker import ready_file


class EmbeddedWorker:
    """The worker as a child: started again when it dies, and gone when this process is gone."""

    RESTART_AFTER = 2.0
    WARM_WITHIN = 20.0

    def __init__(self, settings: Settings) -> None:
        self._ready = ready_file(settings)
        self._ready.unlink(missing_ok=True)
        self._environment = {
            **os.environ,
            "MATCHMAKER_INSTANCE": str(settings.instance),
            "MATCHMAKER_PARENT": str(os.getpid()),
        }
        self._stopping = threading.Event()
        self._process = self._start()
        threading.Thread(target=self._keep, daemon=True).start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [
            sys.executable, "-m", "celery", "--quiet", "-A", "matchmaker.worker", "worker",
            "-P", "threads", "-B", "--loglevel", "WARNING",
            "--without-gossip", "--without-mingle", "--without-heartbeat", "-n", "embedded@%h",
        ]  # fmt: skip
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
            command, cwd=ROOT, env=self._environment, start_new_session=True
        )

    def wait_until_warm(self) -> None:
        """Wait, though not for ever, so that the first publication has its suggestions at once."""
        until = time.monotonic() + self.WARM_WITHIN
        while not self._ready.exists() and time.monotonic() < until:
            time.sleep(0.05)

    def _keep(self) -> None:
        while True:
            status = self._process.wait()
            if self._stopping.wait(self.RESTART_AFTER):
                return
            self._end_group()
            print(
                say(
                    f"后台进程意外结束（{status}），已重新启动。",
                    f"The worker ended unexpectedly ({status}) and was started again.",
                ),
                file=sys.stderr,
                flush=True,
            )
            self._process = self._start()

    def _end_group(self) -> None:
        """End what a worker left behind: its scheduler is a process of its own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ask the worker to finish what it does; after a while insist."""
        self._stopping.set()
        if self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
        self._end_group()
