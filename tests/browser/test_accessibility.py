"""axe-core (WCAG 2.2 AA) finds nothing, and nothing scrolls sideways, on any page."""

from __future__ import annotations

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
LOOKS = [(1280, "light"), (375, "dark")]


def problems(page: Page, width: int) -> list[str]:
    found: list[str] = page.evaluate(f"() => {{ {AXE}; return {RUN}; }}")
    wide = page.evaluate("document.documentElement.scrollWidth")
    return found + ([f"scrolls sideways: {wide} px"] if wide > width else [])


@pytest.mark.parametrize("email", PAGES)
def test_no_page_has_a_barrier(browser: Browser, address: str, email: str) -> None:
    found: dict[str, list[str]] = {}
    context = browser.new_context(base_url=address, locale="zh-CN")
    person = Person(context.new_page())
    if email:
        person.sign_in(email)
    addresses = [*PAGES[email], *_details(person.page, email)]
    for width, theme in LOOKS:
        person.page.set_viewport_size({"width": width, "height": 900})
        context.add_cookies([{"name": "theme", "value": theme, "url": address}])
        for path in addresses:
            person.page.goto(path)
            if bad := problems(person.page, width):
                found[f"{path} {width} {theme}"] = bad
    context.close()
    assert found == {}


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
