"""One guest for all of these tests, started by scripts/test-system; `scripts/test` passes over them: they take long."""

import ssl
import subprocess

import pytest
import trustme

from pushglance.sandbox import Sandbox
from support.guest.delivery import make_delivery
from support.guest.guest import HOST, Guest, is_wanted, why_no_qemu
from support.guest.image import CannotBuild, image
from support.guest.pi import Pi

collect_ignore_glob = [] if is_wanted() else ["test_*.py"]

_MAIN = "pushglance/runtime/__main__.py"
_VERSION = "pushglance/__init__.py"
ALTERATIONS = {
    "newer": (_VERSION, '__version__ = "', '__version__ = "9.'),
    "broken": (_MAIN, '"""', 'raise SystemExit("the sky is falling")\n"""'),
}


@pytest.fixture(scope="session")
def authority():
    """Return who vouches for the sandbox."""
    return trustme.CA()


@pytest.fixture(scope="session")
def sandbox(authority):
    """Run a sandbox on the host's loopback, with TLS, under the name by which the guest reaches it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def pi(tmp_path_factory, sandbox, authority):
    """Return a Pi that has just been switched on for the first time, with nothing installed."""
    folder = tmp_path_factory.mktemp("pi")
    if why := why_no_qemu():
        pytest.skip(f"no guest here: {why}")
    try:
        original = image()
        delivery = make_delivery(folder, ALTERATIONS)
    except CannotBuild as why:
        pytest.skip(f"no guest here: {why}")
    guest = Guest(original, folder, delivery)
    try:
        yield Pi(guest.boot(), sandbox, authority.cert_pem.bytes())
    finally:
        guest.close()
        subprocess.run(["rm", "-f", delivery], check=True)


@pytest.fixture(scope="session")
def installed(pi):
    """Return the Pi with pushglance installed as on a first day: without settings, then with settings and keys."""
    _, detail = pi.install()
    assert "has no sensors yet" in detail
    pi.settle_in("first")
    pi.give_keys()
    _, detail = pi.install()
    assert "encrypted: /etc/pushglance/credentials/pushover_token.encrypted" in detail
    pi.wait_until_ready()
    return pi
