"""The page in a real browser, with a real agent and a sandbox.

Screenshots are saved to .cache/screenshots, or to the folder in the variable SCREENSHOTS.
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
from pushglance.web.access.authentication import hash_password
from support.agent.agent_directories import PASSWORD, AgentDirectories, write_year
from support.agent.agent_process import AgentProcess

CHROMIUM = shutil.which("chromium")
FLAGS = [  # no sandbox: tests run as root in CI; the other flags stop requests to hosts of the browser's maker
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(__file__).parents[2] / ".cache/screenshots"
WEIGHT_MAX = 100_000  # bytes
WAIT_MS = 20_000
HOSTILE = "<script>document.title = 'taken over'</script>"
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here; type  sudo apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    """Start one chromium for the module."""
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
    """Start an agent with a contact, a counter, a gauge and a text with markup, a sandbox, and the page."""
    folder = Path(tmp_path_factory.mktemp("b"))
    with Sandbox() as sandbox:
        agent = AgentProcess(folder, sandbox)
        agent.write_settings(
            text=('text = "{garage}"', 'title = "Home"\ntext = "{garage}"\nsubtext = "{note}"'),
            pace=("[glance]", '[sensors.note]\nkind = "text"\nmqtt = "home/note"\nlength = 100\n\n[glance]'),
            more='\n[web]\nactions = ["push-now", "pause"]\n',
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


def open_page(browser, address, size="desktop", scheme="light"):
    """Return a page and the list of the errors and warnings of its console."""
    page = browser.new_page(viewport=SIZES[size], color_scheme=scheme)
    console_errors = []
    page.on(
        "console", lambda message: console_errors.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    page.goto(address)
    return page, console_errors


def test_open_page_shows_a_change_without_reloading(home, browser):
    """A new reading, the screen and the push appear on an open page, which is not reloaded."""
    agent, address = home
    page, console_errors = open_page(browser, address)
    expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
    page.evaluate("window.wasLoaded = true")
    level, word = (1, "open") if agent.sandbox.screen()["text"] == "Garage closed" else (0, "closed")
    agent.move_door(level)
    expect(page.locator("#sensors")).to_contain_text(f"Garage {word}", timeout=WAIT_MS)
    expect(page.locator("#watches .complications svg").first).to_contain_text(f"Garage {word}", timeout=WAIT_MS)
    expect(page.locator("#pushes .pushes li").first).to_contain_text(f"Garage {word}", timeout=WAIT_MS)
    expect(page.locator("#announcement")).to_contain_text(f"text Garage {word}", timeout=WAIT_MS)
    assert page.evaluate("window.wasLoaded")
    assert console_errors == []
    page.close()


def test_markup_stays_text(home, browser):
    """A reading that contains a script is shown as text and does not run."""
    _, address = home
    page, console_errors = open_page(browser, address)
    expect(page.locator("#sensors")).to_contain_text(HOSTILE)
    page.get_by_text("All fields").click()
    expect(page.locator("#watches table")).to_contain_text(HOSTILE)
    assert page.title() == "pushglance"
    assert page.locator("main script").count() == 0
    assert console_errors == []
    page.close()


def test_buttons_act_on_the_agent(home, browser):
    """The buttons pause the real agent, end the pause and push, and the page shows its replies without reloading."""
    _, address = home
    page, console_errors = open_page(browser, address, "phone")
    expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
    page.get_by_role("button", name="Pause for 1 h").click()
    expect(page.locator("#result")).to_have_text("watch: paused for 60 min.", timeout=WAIT_MS)
    expect(page.locator("#watches .remark")).to_contain_text("paused for 60 min", timeout=WAIT_MS)
    page.get_by_role("button", name="End the pause").click()
    expect(page.locator("#result")).to_have_text("watch: not paused.", timeout=WAIT_MS)
    page.get_by_role("button", name="Push now").click()
    expect(page.locator("#result")).to_contain_text("nothing", timeout=WAIT_MS)
    page.close()
    assert [error for error in console_errors if "409" not in error] == [], "409: there was nothing to push"


@pytest.mark.parametrize("path", ["", "weeks", "pushes?before=999"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(home, browser, path, scheme):
    """The accessibility checker axe finds nothing at all on a phone, in light and dark, with every fold open."""
    _, address = home
    page, _ = open_page(browser, address + path, "phone", scheme)
    page.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    violations = Axe().run(page).response["violations"]
    assert violations == [], json.dumps(
        [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in violations], indent=1
    )
    page.close()


def test_page_fits_the_width_of_a_phone(home, browser):
    """On a phone the page needs no sideways scrolling."""
    _, address = home
    page, _ = open_page(browser, address, "phone")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"]["width"]
    page.close()


def test_keyboard_focus_is_visible_and_survives_a_change(home, browser):
    """Tab reaches links and folds with a visible focus, and a changed section keeps the focus."""
    agent, address = home
    page, _ = open_page(browser, address)
    expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("!!document.activeElement.closest('#pushes')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    before = page.locator("#pushes .pushes li").count()
    agent.move_door(0 if agent.sandbox.screen()["text"] == "Garage open" else 1)
    expect(page.locator("#pushes .pushes li")).to_have_count(before + 1, timeout=WAIT_MS)
    assert page.evaluate("!!document.activeElement.closest('#pushes')")
    page.close()


def test_page_works_without_scripts(home, browser):
    """Without JavaScript the page shows the same and reloads itself."""
    _, address = home
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#watches .complications svg").first).to_be_visible()
    assert page.locator("noscript meta[http-equiv=refresh]").count() <= 1
    assert 'http-equiv="refresh"' in page.content()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_screenshots_in_all_sizes_and_schemes(home, browser, size, scheme):
    """Screenshots on phone and desktop in light and dark; the dark one has a dark background."""
    _, address = home
    page, _ = open_page(browser, address, size, scheme)
    folder = Path(os.environ.get("SCREENSHOTS") or SCREENSHOTS)
    folder.mkdir(parents=True, exist_ok=True)
    screenshot = folder / f"page-{size}-{scheme}.png"
    page.screenshot(path=screenshot, full_page=True)
    assert screenshot.stat().st_size > 10_000
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 100) == (scheme == "dark")
    page.close()


def test_page_loads_after_a_year_of_history(browser, tmp_path):
    """With 10 000 pushes and a year of history the page loads completely and fetches less than 100 kB."""
    directories = AgentDirectories(tmp_path)
    directories.write_status()
    write_year(directories)
    environment = os.environ | {"STATE_DIRECTORY": str(directories.state), "RUNTIME_DIRECTORY": str(directories.run)}
    with page_of(environment) as address:
        page = browser.new_page(viewport=SIZES["desktop"])
        responses = []
        page.on("response", lambda response: responses.append(response) if "/events" not in response.url else None)
        page.goto(address)
        expect(page.locator("#pushes .pushes li")).to_have_count(15)
        assert page.locator("#day .track").count() > 4
        assert sum(len(response.body()) for response in responses) < WEIGHT_MAX
        page.close()


def test_login_form_opens_the_page(home, browser, tmp_path):
    """A wrong password shows an error, the right one opens the page, logging out returns to the form."""
    agent, _ = home
    (tmp_path / "password").write_text(hash_password(PASSWORD))
    with page_of(agent.environment, "--password-file", str(tmp_path / "password")) as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Password").fill("not this one")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Wrong password.")
        violations = [
            violation["id"]
            for violation in Axe().run(page).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert violations == []
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#watches .complications svg").first).to_be_visible(timeout=WAIT_MS)
        expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        context.close()


def test_open_page_notices_that_the_agent_ended(browser, tmp_path):
    """Without a status file an open page says that no agent runs, and shows the watch when the file is back."""
    directories = AgentDirectories(tmp_path)
    directories.write_status()
    environment = os.environ | {"STATE_DIRECTORY": str(directories.state), "RUNTIME_DIRECTORY": str(directories.run)}
    with page_of(environment) as address:
        page, _ = open_page(browser, address)
        expect(page.locator("#link")).to_have_text("live", timeout=WAIT_MS)
        (directories.run / "live.json").unlink()
        expect(page.locator(".problem")).to_contain_text("no pushglance is running", timeout=WAIT_MS)
        directories.write_status()
        expect(page.locator("#watches article")).to_be_visible(timeout=WAIT_MS)
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sandbox_and_status_page_draw_the_same(home, browser, scheme):
    """The sandbox's page has the same complications as the status page, and axe finds nothing serious there."""
    agent, address = home
    agent.wait_until_settled()  # the sandbox has a push before the agent has the answer
    page, console_errors = open_page(browser, agent.sandbox.url, "phone", scheme)
    expect(page.locator(".complications svg")).to_have_count(4, timeout=WAIT_MS)
    drawn = [page.locator(".complications svg").nth(index).get_attribute("aria-label") for index in range(4)]
    violations = [
        violation["id"]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert violations == []
    assert console_errors == []
    page.goto(address)
    assert [
        page.locator("#watches .complications svg").nth(index).get_attribute("aria-label") for index in range(4)
    ] == drawn
    page.close()
