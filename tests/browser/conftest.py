"""A real server with the demonstration data and a real browser."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress.server import create_server

from config import Settings
from matchmaker import jobs
from matchmaker.app import create_app
from matchmaker.db import Database, migrate
from matchmaker.vocabulary.reference import load_reference
from seed.load import PASSWORD, demonstration_accounts, load_demonstration

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application over the demonstration data; jobs run at once after each commit."""
    settings = Settings.for_tests(tmp_path_factory.mktemp("platform"))
    migrate(settings)
    app = create_app(replace(settings, base_url="http://127.0.0.1"))
    database: Database = app.extensions["database"]
    with database.transaction() as session:
        load_reference(session)
    load_demonstration(settings)
    app.extensions["demonstration_accounts"] = demonstration_accounts(database)

    def work(job_id: int) -> None:
        with app.app_context():
            jobs.run(database, job_id)

    database.send_job = work
    return app


@pytest.fixture(scope="session")
def address(platform: Flask) -> Iterator[str]:
    server = create_server(platform, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("MATCHMAKER_BROWSER", "/usr/bin/chromium")
    assert Path(path).exists(), f"no browser at {path}; run ./test, which installs one"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    made = browser.new_context(base_url=address, locale="zh-CN", timezone_id="Asia/Shanghai")
    yield made
    made.close()


class Person:
    """Somebody at a browser; everything the console complains of is collected."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type == "error"
                and "the server responded with a status of 4" not in message.text
                else None
            ),
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, email: str, password: str = PASSWORD) -> Person:
        self.page.goto("/sign-in")
        self.page.get_by_label("邮箱").fill(email)
        self.page.get_by_label("密码", exact=True).fill(password)
        self.page.get_by_role("button", name="登录", exact=True).click()
        self.page.wait_for_url("**/")
        return self


@pytest.fixture
def person(context: BrowserContext) -> Iterator[Person]:
    made = Person(context.new_page())
    yield made
    assert made.complaints == []
