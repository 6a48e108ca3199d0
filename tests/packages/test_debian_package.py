"""The Debian package: one command installs it, the watch shows a door, and purging leaves nothing."""

import time
import urllib.request

import pytest

from pushglance.sandbox import TOKEN, USER, Sandbox
from support.servers.broker import Broker, free_port

SETTINGS = """
[mqtt]
host = "127.0.0.1"
port = {port}
[sensors.door]
kind = "contact"
mqtt = "door"
open = "Door open"
closed = "Door closed"
open_payloads = ["open"]
closed_payloads = ["closed"]
[glance]
text = "{{door}}"
"""
KEYS = {"PUSHGLANCE_PUSHOVER__TOKEN": TOKEN, "PUSHGLANCE_PUSHOVER__USER": USER}
FOLDERS = {"STATE_DIRECTORY": "/var/lib/pushglance", "RUNTIME_DIRECTORY": "/run/pushglance"}
_START_S = 1200  # an emulated processor of a busy machine needs many minutes to start Python
OF_THE_SERVICE = "setpriv", "--reuid=pushglance", "--regid=pushglance", "--init-groups"


def end(process):
    process.kill()  # `unshare` keeps other signals to itself; with it every process of that Debian ends
    process.wait(60)


def wait_for_page(process, url):
    """Return the page as soon as it is served."""
    end_s = time.monotonic() + _START_S
    while time.monotonic() < end_s:
        try:
            with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310 - a page on loopback
                return answer.read().decode()
        except OSError:
            assert process.poll() is None, "the page has ended"
            time.sleep(0.2)
    pytest.fail("the page does not answer")


@pytest.fixture(scope="module")
def before(debian):
    """Return the files of the fresh Debian with everything that the package depends on."""
    debian.apt("update")
    debian.apt("install", "/debs/" + next((debian.path / "debs").glob("pushglance_*.deb")).name)
    debian.run("dpkg", "--purge", "pushglance")
    return debian.files()


@pytest.fixture(scope="module")
def installed(debian, before):
    """Install the package with the page and return the Debian."""
    names = [
        f"/debs/{path.name}"
        for path in (debian.path / "debs").glob("pushglance*_all.deb")
        if "cluster" not in path.name
    ]
    debian.apt("install", *names)
    return debian


def test_every_command_works_after_one_installation(installed):
    """`check`, `doctor`, the manual page and the completion are there, and the units are valid."""
    assert "pushglance " in installed.run("pushglance", "--version")
    assert (installed.path / "usr/share/bash-completion/completions/pushglance").read_text().startswith("_pushglance")
    assert (installed.path / "usr/share/man/man1/pushglance.1.gz").exists()
    assert "systemctl start pushglance" in installed.run("pushglance", "status", may_fail=True)
    for unit in ("pushglance", "pushglance-web"):
        complaints = installed.run(
            "systemd-analyze", "verify", f"/usr/lib/systemd/system/{unit}.service", may_fail=True
        )
        assert "pushglance" not in complaints, complaints


def test_a_door_is_on_the_watch(installed, tmp_path):
    """As the service's user, the installed agent shows a door of a broker on a watch."""
    with Broker(tmp_path) as broker, Sandbox() as sandbox:
        (installed.path / "etc/pushglance/pushglance.toml").write_text(SETTINGS.format(port=broker.port))
        installed.run("install", "-d", "-o", "pushglance", "-m", "0750", "/var/lib/pushglance")
        environment = KEYS | FOLDERS | {"PUSHGLANCE_PUSHOVER__URL": sandbox.url}
        command = ["sh", "-c", 'install -d -o pushglance /run/pushglance; exec "$@"', "-", *OF_THE_SERVICE]
        command += ["pushglance", "run", "--config", "/etc/pushglance/pushglance.toml"]
        agent = installed.start(*command, user="root", environment=environment)
        try:
            broker.publish("door", "open", retain=True)
            sandbox.wait_for(lambda: sandbox.screen(USER).get("text") == "Door open", _START_S)
        finally:
            end(agent)
    assert (installed.path / "var/lib/pushglance").stat().st_mode & 0o777 == 0o750


def test_the_page_answers(installed):
    """The page of the package pushglance-web runs with Debian's starlette and uvicorn."""
    port = free_port()
    page = installed.start("pushglance", "web", "--port", str(port), user="pushglance", environment=FOLDERS)
    try:
        assert "pushglance" in wait_for_page(page, f"http://127.0.0.1:{port}/")
    finally:
        end(page)


def test_purging_leaves_nothing(installed, before):
    """After `apt purge` no file of pushglance is left; the user stays, as for each package of Debian."""
    installed.apt("purge", "pushglance", "pushglance-web")
    installed.run("apt-get", "-q", "-y", "autoremove", "--purge")
    left = installed.files() - before
    assert left == set()


def test_the_package_replaces_the_script_and_keeps_its_state(installed):
    """The package removes program and units of scripts/install; settings, keys, drop-ins and the store stay."""
    root = installed.path
    kept = ["etc/pushglance/pushglance.toml", "etc/pushglance/credentials/pushover_user", "var/lib/pushglance/store.db"]
    kept += ["etc/systemd/system/pushglance.service.d/encrypted-pushover_token.conf"]
    gone = ["opt/pushglance/versions/0.1.0/complete", "etc/systemd/system/pushglance.service"]
    gone += ["etc/systemd/system/pushglance.service.d/growing-pauses.conf"]
    for name in [*kept, *gone]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("kept")
    (root / "usr/local/bin/pushglance").symlink_to("/opt/pushglance/bin/pushglance")
    installed.apt("install", "/debs/" + next((root / "debs").glob("pushglance_*.deb")).name)
    assert [name for name in kept if (root / name).read_text() != "kept"] == []
    assert [name for name in [*gone, "opt/pushglance"] if (root / name).exists()] == []
    assert installed.run("sh", "-c", "command -v pushglance").strip() == "/usr/bin/pushglance"


def test_purging_leaves_what_the_script_uses(installed):
    """Where scripts/install has replaced the package, purging its last traces keeps settings, keys and the store."""
    root = installed.path
    installed.apt("remove", "pushglance")
    kept = ["etc/pushglance/pushglance.toml", "var/lib/pushglance/store.db", "opt/pushglance/current"]
    for name in kept:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("kept")
    installed.run("dpkg", "--purge", "pushglance")
    assert [name for name in kept if not (root / name).exists()] == []
