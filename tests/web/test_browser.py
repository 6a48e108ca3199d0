"""The page in a real browser, over a real agent and a sandbox: live, readable, without fault; pictures to look at.

The pictures are kept in .cache/screenshots, or in the folder named by SCREENSHOTS.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from pushglance.sandbox import Sandbox
from pushglance.web.authentication import hash_password
from support.agent_directories import PASSWORD, AgentDirectories, write_year
from support.agent_process import AgentProcess

CHROMIUM = shutil.which("chromium")
FLAGS = [  # no sandbox: tests run as root in CI; the others keep it from looking for Google's hosts
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = Path(__file__).parents[2] / ".cache/screenshots"
WEIGHT_MAX = 100_000  # bytes
WAIT_MS = 20_000
HOSTILE = "<script>document.title = 'taken over'</script>"
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; type  sudo apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    """One chromium for the module."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def page_of(environment, *arguments):
    """Run `pushglance web` on a free port and yield its address."""
    command = [sys.executable, "-m", "pushglance", "web", "--port", "0", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield re.search(r"http://[\w.:]+/", process.stdout.readline()).group()
    finally:
        process.terminate()
        ended = process.wait(20)
        process.stdout.close()
    assert ended == 0


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An agent with a door, a counter, a tank and a note full of markup, a sandbox, and the page over them."""
    folder = Path(tmp_path_factory.mktemp("b"))
    with Sandbox() as sandbox:
        agent = AgentProcess(folder, sandbox)
        agent.write_settings(
            text=('text = "{garage}"', 'title = "Home"\ntext = "{garage}"\nsubtext = "{note}"'),
            pace=("[glance]", '[sensors.note]\nkind = "text"\nmqtt = "home/note"\nlength = 100\n\n[glance]'),
        )
        try:
            agent.start()
            agent.move_door(0)
            agent.simulate('topic garden/tank {"level": 62}', f"topic home/note {HOSTILE}")
            agent.wait_for_screen(text="Garage closed", percent="62", subtext=HOSTILE)
            with page_of(agent.environment) as address:
                yield agent, address
        finally:
            agent.close()


def opened(browser, address, size="desktop", scheme="light"):
    """Return a page, and the list of what its console complains of."""
    page = browser.new_page(viewport=SIZES[size], color_scheme=scheme)
    complaints = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def test_the_page_moves_with_the_door(home, browser):
    """A door that moves is on an open page by itself: reading, screen and push; nothing is loaded anew."""
    agent, address = home
    page, complaints = opened(browser, address)
    expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
    page.evaluate("window.wasHere = true")
    level, word = (1, "open") if agent.sandbox.screen()["text"] == "Garage closed" else (0, "closed")
    agent.move_door(level)
    expect(page.locator("#sensors")).to_contain_text(f"Garage {word}", timeout=WAIT_MS)
    expect(page.locator(".faces svg").first).to_contain_text(f"Garage {word}", timeout=WAIT_MS)
    expect(page.locator("#pushes tbody tr").first).to_contain_text(f"Garage {word}", timeout=WAIT_MS)
    expect(page.locator("#said")).to_contain_text(f"text Garage {word}", timeout=WAIT_MS)
    assert page.evaluate("window.wasHere")
    assert complaints == []
    page.close()


def test_markup_stays_text(home, browser):
    """A reading that is a script is shown letter by letter, and never runs."""
    _, address = home
    page, complaints = opened(browser, address)
    expect(page.locator("#sensors")).to_contain_text(HOSTILE)
    expect(page.locator("#watches table")).to_contain_text(HOSTILE)
    assert page.title() == "pushglance"
    assert page.locator("main script").count() == 0
    assert complaints == []
    page.close()


@pytest.mark.parametrize("path", ["", "weeks", "pushes?before=999"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(home, browser, path, scheme):
    """Contrast, names, roles, order: axe finds nothing serious, on a phone, in light and dark."""
    _, address = home
    page, _ = opened(browser, address + path, "phone", scheme)
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert found == [], json.dumps([(one["id"], [node["html"] for node in one["nodes"]]) for one in found], indent=1)
    page.close()


def test_nothing_sticks_out_on_a_phone(home, browser):
    """On a phone the page needs no sideways scrolling."""
    _, address = home
    page, _ = opened(browser, address, "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"]["width"]
    page.close()


def test_the_keyboard_reaches_everything_and_stays(home, browser):
    """Tab walks through links and tables with a visible focus, and a change does not take the focus away."""
    agent, address = home
    page, _ = opened(browser, address)
    expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('#pushes')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = page.locator("#pushes tbody tr").count()
    agent.move_door(0 if agent.sandbox.screen()["text"] == "Garage open" else 1)
    expect(page.locator("#pushes tbody tr")).to_have_count(before + 1, timeout=WAIT_MS)
    assert page.evaluate("!!document.activeElement.closest('#pushes')")
    page.close()


def test_it_works_without_scripts(home, browser):
    """With scripts switched off the page shows the same, and loads itself anew."""
    _, address = home
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".faces svg").first).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh]").count() <= 1
    assert 'http-equiv="refresh"' in page.content()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_pictures_to_look_at(home, browser, size, scheme):
    """Phone and desktop, light and dark, as pictures; dark really is dark."""
    _, address = home
    page, _ = opened(browser, address, size, scheme)
    folder = Path(os.environ.get("SCREENSHOTS") or PICTURES)
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"page-{size}-{scheme}.png"
    page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 10_000
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 100) == (scheme == "dark")
    page.close()


def test_a_year_behind_it_is_drawn(browser, tmp_path):
    """With 10 000 pushes and a year behind it the page loads whole, and all that it fetches is below 100 kB."""
    directories = AgentDirectories(tmp_path)
    directories.write_status()
    write_year(directories)
    surroundings = os.environ | {"STATE_DIRECTORY": str(directories.state), "RUNTIME_DIRECTORY": str(directories.run)}
    with page_of(surroundings) as address:
        page = browser.new_page(viewport=SIZES["desktop"])
        weights = []
        page.on("response", lambda answer: weights.append(answer) if "/events" not in answer.url else None)
        page.goto(address)
        expect(page.locator("#pushes tbody tr")).to_have_count(15)
        assert page.locator("#day .lane").count() > 4
        assert sum(len(answer.body()) for answer in weights) < WEIGHT_MAX
        page.close()


def test_the_password_is_asked_for(home, browser, tmp_path):
    """With a password the page shows a form first; a wrong one is said, the right one opens it, and axe is content."""
    agent, _ = home
    (tmp_path / "password").write_text(hash_password(PASSWORD))
    with page_of(agent.environment, "--password-file", str(tmp_path / "password")) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Password").fill("not this one")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("That is not the password.")
        found = [
            one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert found == []
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".faces svg").first).to_be_visible(timeout=WAIT_MS)
        expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        context.close()


def test_an_agent_that_ends_is_missed(browser, tmp_path):
    """When the live file goes, an open page says that no agent runs, and shows it again when it is back."""
    directories = AgentDirectories(tmp_path)
    directories.write_status()
    surroundings = os.environ | {"STATE_DIRECTORY": str(directories.state), "RUNTIME_DIRECTORY": str(directories.run)}
    with page_of(surroundings) as address:
        page, _ = opened(browser, address)
        expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
        (directories.run / "live.json").unlink()
        expect(page.locator(".trouble")).to_contain_text("no pushglance is running", timeout=WAIT_MS)
        directories.write_status()
        expect(page.locator("#watches article")).to_be_visible(timeout=WAIT_MS)
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sandbox_draws_the_same(home, browser, scheme):
    """The sandbox's page shows the complications that the status page shows, and axe finds nothing serious there."""
    agent, address = home
    page, complaints = opened(browser, agent.sandbox.url, "phone", scheme)
    expect(page.locator(".complications svg")).to_have_count(4, timeout=WAIT_MS)
    drawn = [page.locator(".complications svg").nth(one).get_attribute("aria-label") for one in range(4)]
    found = [one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert found == []
    assert complaints == []
    page.goto(address)
    assert [page.locator(".faces svg").nth(one).get_attribute("aria-label") for one in range(4)] == drawn
    page.close()
