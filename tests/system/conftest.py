"""One guest for all of these tests. They take long, so only scripts/test-system runs them, not scripts/test."""

import ssl
import subprocess

import pytest
import trustme

from pushglance.sandbox import Sandbox
from support.guest.delivery import make_delivery
from support.guest.guest import HOST, Guest, is_wanted, qemu_error
from support.guest.image import CannotBuild, image
from support.guest.pi import Pi

collect_ignore_glob = [] if is_wanted() else ["test_*.py"]

START_ERROR = "this version always fails"
_MAIN = "pushglance/runtime/__main__.py"
_VERSION = "pushglance/__init__.py"
ALTERATIONS = {
    "newer": (_VERSION, '__version__ = "', '__version__ = "9.'),
    "broken": (_MAIN, '"""', f'raise SystemExit("{START_ERROR}")\n"""'),
}


@pytest.fixture(scope="session")
def authority():
    """Return the CA that signs the sandbox's certificate."""
    return trustme.CA()


@pytest.fixture(scope="session")
def sandbox(authority):
    """Run a sandbox with TLS on the host's loopback, with a certificate for the address that the guest uses."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    with Sandbox(ssl_context=context) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def pi(tmp_path_factory, sandbox, authority):
    """Return a running Pi on which pushglance was never installed."""
    folder = tmp_path_factory.mktemp("pi")
    if error := qemu_error():
        pytest.skip(f"no guest can run here: {error}")
    try:
        original = image()
        delivery = make_delivery(folder, ALTERATIONS)
    except CannotBuild as error:
        pytest.skip(f"no guest can run here: {error}")
    guest = Guest(original, folder, delivery)
    try:
        yield Pi(guest.boot(), sandbox, authority.cert_pem.bytes())
    finally:
        guest.close()
        subprocess.run(["rm", "-f", delivery], check=True)


@pytest.fixture(scope="session")
def installed(pi):
    """Return the Pi after an installation without settings, and a second one with settings and keys."""
    _, output = pi.install()
    assert "has no sensors yet" in output
    pi.reset("first")
    pi.write_keys()
    _, output = pi.install()
    assert "encrypted: /etc/pushglance/credentials/pushover_token.encrypted" in output
    pi.wait_until_ready()
    return pi


@pytest.fixture(scope="module")
def running_pi(request, installed):
    """Return the Pi with a closed door that the watch shows; each module of tests has its own watch."""
    installed.reset(request.module.__name__.rpartition("_")[2])
    installed.start()
    installed.wait_until_ready()
    installed.move_door(0)
    installed.wait_for_screen(text="Garage closed")
    installed.wait_until_settled()
    return installed
