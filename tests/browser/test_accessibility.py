"""axe-core (WCAG 2.2 AA) finds nothing, and nothing scrolls sideways, on any page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Person

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RUN = """axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})
    .then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html.slice(0, 120)))"""
PAGES = {
    "": ["/sign-in", "/sign-up", "/reset", "/about", "/vocabulary/", "/vocabulary/schemes/cq33",
         "/vocabulary/regions", "/nowhere"],
    "organiser@example.org": [
        "/", "/review", "/review?tab=accepted", "/review?tab=deferred", "/submissions",
        "/achievements", "/needs?q=电池", "/achievements?q=不存在的东西&region=50", "/activity",
        "/organisations/verification", "/notifications/", "/account", "/account/sessions",
        "/admin/import", "/vocabulary/universities",
    ],
    "researcher@example.org": ["/", "/mine", "/achievements/new", "/pairings", "/account/password"],
    "enterprise@example.org": ["/", "/mine", "/needs/new", "/pairings", "/account/email"],
    "admin@example.org": ["/", "/admin/jobs", "/admin/mail", "/admin/people", "/vocabulary/import"],
}  # fmt: skip
PAST, COMING, ROADSHOW, CONTEST, SALON = (f"/events/{n}" for n in range(1, 6))
"""The demonstration events, in the order in which they are loaded."""
EVENT_PAGES = {
    "organiser@example.org": [
        "/events/", "/events/?tab=past", "/events/new", COMING, PAST, *(
            f"{COMING}/{name}" for name in (
                "edit", "copy", "cancel", "programme", "tables", "invitations",
                "invitations?tab=invited", "teams", "teams?tab=out", "teams/choose?q=示范", "people",
                "talks", "wishes/all", "wishes/all?show=idle", "exclusions", "timetable",
                "timetable?view=people", "timetable?view=list", "timetable/versions", "arrivals",
                "floor", "wall", "papers",
            )
        ), f"{COMING}/timetable/2/changes", f"{PAST}/floor", f"{PAST}/figures", ROADSHOW,
        f"{ROADSHOW}/teams", f"{ROADSHOW}/talks", f"{ROADSHOW}/timetable", f"{CONTEST}/entries",
        f"{CONTEST}/criteria", f"{CONTEST}/jurors", f"{CONTEST}/results/all", f"{SALON}/groups",
    ],
    "researcher@example.org": [
        "/events/", COMING, f"{COMING}/register", f"{COMING}/people", f"{COMING}/wishes",
        f"{COMING}/wishes?part=all", f"{COMING}/agenda", f"{COMING}/papers", f"{PAST}/agenda",
        f"{ROADSHOW}/register", f"{CONTEST}/results",
    ],
    "enterprise@example.org": [
        COMING, f"{COMING}/wishes", f"{COMING}/agenda", f"{ROADSHOW}/register", f"{SALON}/groups",
    ],
}  # fmt: skip
LOOKS = [(1280, "light"), (375, "dark")]
SCREEN = f"{COMING}/wall"
"""Hangs in the hall with nobody at a keyboard: it may turn its pages by itself."""


def problems(page: Page, width: int, *, turns: bool = False) -> list[str]:
    found: list[str] = page.evaluate(f"() => {{ {AXE}; return {RUN}; }}")
    found = [words for words in found if not (turns and words.startswith("meta-refresh:"))]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"scrolls sideways: {wide} px"] if wide > width else [])


@pytest.mark.parametrize("email", PAGES)
def test_no_page_has_a_barrier(browser: Browser, address: str, email: str) -> None:
    assert barriers(browser, address, email, PAGES[email], _details) == {}


@pytest.mark.parametrize("email", EVENT_PAGES)
def test_no_page_of_an_event_has_a_barrier(browser: Browser, address: str, email: str) -> None:
    found = barriers(browser, address, email, EVENT_PAGES[email], _event_details)
    assert found == {}, found


def barriers(
    browser: Browser, address: str, email: str, pages: list[str],
    details: Callable[[Page, str], list[str]],
) -> dict[str, list[str]]:  # fmt: skip
    """Return what is wrong with the pages, and with those that they lead to, in every look."""
    found: dict[str, list[str]] = {}
    context = browser.new_context(base_url=address, locale="zh-CN")
    person = Person(context.new_page())
    if email:
        person.sign_in(email)
    addresses = [*pages, *details(person.page, email)]
    for width, theme in LOOKS:
        person.page.set_viewport_size({"width": width, "height": 900})
        context.add_cookies([{"name": "theme", "value": theme, "url": address}])
        for path in addresses:
            answer = person.page.goto(path)
            there = (answer is not None and answer.ok) or path == "/nowhere"
            if not there:
                found[path] = ["not there"]
            elif bad := problems(person.page, width, turns=path == SCREEN):
                found[f"{path} {width} {theme}"] = bad
    context.close()
    return found


def _details(page: Page, email: str) -> list[str]:
    """The first achievement, need and pair that the person can open."""
    if not email:
        return []
    paths = []
    for listing, start in (
        ("/achievements", "/achievements/"),
        ("/needs", "/needs/"),
        ("/pairings", "/pairings/"),
        ("/review", "/matching/need/"),
    ):
        page.goto(listing)
        links = page.locator(f'main a[href^="{start}"]:not([href$="/new"])')
        if links.count():
            paths.append(str(links.first.get_attribute("href")))
    return paths


def _event_details(page: Page, email: str) -> list[str]:
    """The first team, table, wish, meeting and report to which the pages of events lead."""
    office = email.startswith("organiser")
    listings = (
        [(f"{COMING}/teams", "/teams/"), (f"{COMING}/tables", "/tables/"),
         (f"{COMING}/wishes/all", "/wishes/"), (f"{COMING}/timetable", "/timetable?wish="),
         (f"{CONTEST}/entries", "/entries/")]
        if office
        else [(f"{COMING}/register", "/teams/"), (f"{PAST}/agenda", "/meetings/")]
    )  # fmt: skip
    paths = []
    for listing, part in listings:
        page.goto(listing)
        start = listing.rsplit("/", 1)[0].removesuffix("/wishes") + part
        links = [
            str(a.get_attribute("href")) for a in page.locator(f'main a[href^="{start}"]').all()
        ]
        found = [link for link in links if re.match(re.escape(start) + r"\d", link)]
        paths += [link.partition("#")[0] for link in found[:1]]
    return paths
