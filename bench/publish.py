"""From the click on 发布 to suggestions in the page, through the running platform; prints JSON.

python bench/publish.py DATA [--records 10000] fills a catalogue, starts `run.py` with its worker on
loopback, signs in over HTTP, submits needs and publishes them one after the other. Each time runs
from the POST until the need's own page shows a suggestion (asked every 20 ms); the suggestions come
from the worker's process. Then the search of the web's process must find the need at once. The
first one after a start is told apart: it meets a worker that has just begun. The first start makes
the index, the second one finds its files.
"""

from __future__ import annotations

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.measuring import passages
from bench.pages import fill, people, read_options
from config import ROOT, Settings
from matchmaker import db
from matchmaker.accounts.passwords import hash_password
from matchmaker.db import open_database
from matchmaker.vocabulary import queries as vocabulary
from models import Role, User

PASSWORD = "bench-password-1"
PATIENCE = 60


class Browser:
    """Someone at a browser without scripts."""

    def __init__(self, address: str, email: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.post("/sign-in", {"email": email, "password": PASSWORD}, "/sign-in")

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path) as answer:
            return answer.read().decode()

    def token(self, page: str = "/") -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page))
        assert found
        return found[1]

    def post(self, path: str, fields: dict[str, str], page: str = "/") -> str:
        return self.send(path, {**fields, "csrf_token": self.token(page)})

    def send(self, path: str, fields: dict[str, str]) -> str:
        body = urllib.parse.urlencode(fields).encode()
        with self.opener.open(self.address + path, body) as answer:
            return answer.geturl()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(instance: Path, port: int) -> tuple[subprocess.Popen[bytes], float]:
    begin = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "run.py", "--empty", "--port", str(port)], cwd=ROOT,
        env={**os.environ, "MATCHMAKER_INSTANCE": str(instance)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _try in range(1200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
            return server, time.perf_counter() - begin
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the platform did not start")


def publish(company: Browser, office: Browser, text: str, number: int, chain: int) -> float:
    place = company.post("/needs/new", {
        "title": f"{text[40:70]} {number}", "problem": text, "chain": str(chain), "modes": "license",
        "indicators-0-name": "指标", "indicators-0-comparator": "ge", "indicators-0-value": "1",
        "declared_open": "y", "act": "submit",
    })  # fmt: skip
    need = re.search(r"/needs/(\d+)", place)
    assert need, place
    token = office.token()
    begin = time.perf_counter()
    office.send(f"/postings/{need[1]}/publish", {"csrf_token": token})
    while "/pairings/" not in office.get(f"/needs/{need[1]}").split("<main", 1)[1]:
        if time.perf_counter() - begin > PATIENCE:
            raise TimeoutError("no suggestion came")
        time.sleep(0.02)
    spent = time.perf_counter() - begin
    words = urllib.parse.quote(f"{text[40:70]} {number}")
    assert f"/needs/{need[1]}" in office.get(f"/needs?q={words}"), "the search does not find it"
    return spent


def run(instance: Path, texts: list[str], chain: int, numbers: range) -> dict[str, Any]:
    """Start the platform, publish one need after the other, and stop it."""
    server, started = start(instance, port := free_port())
    try:
        address = f"http://127.0.0.1:{port}"
        company = Browser(address, f"{Role.ENTERPRISE.value}@example.org")
        office = Browser(address, f"{Role.ORGANISER.value}@example.org")
        spent = [publish(company, office, texts[i], i, chain) for i in numbers]
    finally:
        server.terminate()
        server.wait(20)
    return {
        "start_to_served_s": round(started, 1),
        "first_after_start_s": round(spent[0], 2),
        "click_to_suggestions_s": {
            "median": round(statistics.median(spent[1:]), 3), "max": round(max(spent[1:]), 3),
        },
    }  # fmt: skip


def main() -> None:
    options = read_options(__doc__)
    texts = passages(options.data, 2 * options.records)
    instance = Path(tempfile.mkdtemp(prefix="matchmaker-bench-"))
    settings = Settings.from_env({"MATCHMAKER_INSTANCE": str(instance)})
    db.migrate(settings)
    database = open_database(settings)
    owners = people(database)
    with database.transaction() as session:
        for user in session.query(User):
            user.password_hash = hash_password(PASSWORD)
        chain = vocabulary.chains(session)[0].id
    fill(database, owners, texts, options.records)
    database.engine.dispose()
    half = options.times + 1
    result = {
        "records": [options.records, options.records],
        "first_start": run(instance, texts, chain, range(half)),
        "second_start": run(instance, texts, chain, range(half, 2 * half)),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
