"""Upgrades of an installed service: state and settings stay, the page comes with --web, and a failed one is undone."""

from support.guest.pi import open_and_close, slow

from .conftest import START_ERROR


@slow
def test_an_upgrade_keeps_state_and_settings(running_pi):
    """The new version continues with the budget of the previous one, and the upgrade causes no push."""
    before, left = len(running_pi.arrivals()), running_pi.pushes_left()
    _, output = running_pi.install("newer", "--web")
    assert "pushglance runs" in output
    running_pi.wait_until_ready()
    assert "pushglance 9." in running_pi.guest.check_output("pushglance --version")
    running_pi.move_door(0)
    running_pi.wait_until_settled()
    assert (len(running_pi.arrivals()), running_pi.pushes_left()) == (before, left)
    assert open_and_close(running_pi) == 2


@slow
def test_the_status_page_runs_after_the_upgrade(running_pi):
    """`scripts/install --web` starts a page that shows the agent's state and listens only on loopback."""
    fetch = "import urllib.request as web; print(web.urlopen('http://127.0.0.1:8787/', timeout=30).read().decode())"
    running_pi.guest.wait_for(f'python3 -c "{fetch}" >/run/page.html 2>/run/page.err')
    assert "Garage closed" in running_pi.guest.check_output("cat /run/page.html")
    assert running_pi.guest.check_output("ss -Hltn 'sport = :8787'").split()[3] == "127.0.0.1:8787"


def test_a_failed_upgrade_is_undone(running_pi):
    """If a new version does not become ready, its log is shown and the previous version runs again."""
    left, version = running_pi.pushes_left(), running_pi.guest.check_output("pushglance --version")
    code, output = running_pi.install("broken", may_fail=True)
    assert code == 1
    assert START_ERROR in output
    assert "did not become ready" in output
    running_pi.wait_until_ready()
    assert running_pi.guest.check_output("pushglance --version") == version
    assert running_pi.pushes_left() == left
    assert "state-before" not in running_pi.guest.check_output("ls /opt/pushglance")
    running_pi.move_door(0)
    running_pi.wait_until_settled()
    assert open_and_close(running_pi) == 2
