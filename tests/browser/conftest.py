"""A real Chromium on the pages; whatever they do wrong by themselves fails the test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.browser.pages import Visitor

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=15_000)  # a busy machine takes more than the usual five seconds


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium from PATH, else Playwright's own, else the tests are skipped.

    Gone after these tests: while Playwright lives, its event loop is the thread's, and others that
    run one of their own could not.
    """
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    with sync_playwright() as playwright:
        launched = _launch(playwright, found)
        yield launched
        launched.close()


def _launch(playwright: Playwright, found: str | None) -> Browser:
    if found is None and not Path(playwright.chromium.executable_path).exists():
        pytest.skip("no Chromium; install one with: python -m playwright install chromium")
    try:
        return playwright.chromium.launch(executable_path=found, args=FLAGS)
    except Error as error:
        raise AssertionError(f"{found or 'the Chromium of Playwright'} does not start") from error


@pytest.fixture
def visit(browser, deployment) -> Iterator:
    """Open a page as somebody: ``visit("/map", token, viewport) -> Visitor``."""
    visitors = []

    def open_page(path, token=None, viewport=None, **options) -> Visitor:
        context = browser.new_context(viewport=viewport or DESK, base_url=deployment.url, **options)
        context.set_default_timeout(10_000)
        visitor = Visitor(context.new_page(), deployment.url)
        visitors.append(visitor)
        if token:
            sign_in(visitor.page, token, path)
        else:
            visitor.page.goto(path)
        return visitor

    yield open_page
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles]
    for visitor in visitors:
        visitor.page.context.close()
    assert troubles == []


def sign_in(page: Page, token: str, path: str) -> None:
    """Through the page, as people do; straight to ``path``.

    By way of another page, that one's requests would be broken off, which it logs as errors.
    """
    page.goto(f"/sign-in?next={path}")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
