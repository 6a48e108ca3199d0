"""The root certificates of a board: which ones are packed, which are refused, and which ends are warned of."""

import datetime as dt
import re
import ssl

import pytest
import trustme
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from pushglance.boards.root_certificates import find_roots, read_roots
from pushglance.cli.boards.compile import compile_command
from pushglance.errors import PushglanceError
from pushglance.sandbox import TOKEN, USER, Sandbox

SETTINGS = """
[pushover]
url = "https://localhost:9"
[board]
frozen = true
ssid = "home"
country = "DE"
[mqtt]
host = "broker.invalid"
tls = true
ca_file = "{folder}/broker.pem"
[sensors.garage]
kind = "contact"
gpio = 4
[glance]
text = "{{garage}}"
"""


def root(name, days, owner="Owner Inc"):
    """Return the PEM of a root certificate that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder(
        subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - dt.timedelta(4000),
        now + dt.timedelta(days),
    )
    builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
def compile_with(tmp_path, monkeypatch):
    """Return a function that compiles with this PEM of Pushover's roots and returns the output."""
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", USER)
    monkeypatch.setenv("PUSHGLANCE_BOARD__PASSWORD", "wifi password")
    (tmp_path / "broker.pem").write_bytes(root("Broker Root", 4000))
    (tmp_path / "pushglance.toml").write_text(SETTINGS.format(folder=tmp_path))

    def run(pem):
        (tmp_path / "root.pem").write_bytes(pem)
        command = ["-c", str(tmp_path / "pushglance.toml"), "-b", "pico_w", "-o", str(tmp_path / "flash")]
        result = CliRunner().invoke(compile_command, [*command, "--root", str(tmp_path / "root.pem")])
        if isinstance(result.exception, PushglanceError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_root_that_has_ended_is_refused(compile_with, tmp_path):
    """A root that ended five days ago is refused with its day, and nothing is written."""
    with pytest.raises(PushglanceError, match=r"Old Root ended on 20\d\d-\d\d-\d\d; use the one that has replaced it"):
        compile_with(root("Old Root", -5))
    assert not (tmp_path / "flash").exists()


@pytest.mark.parametrize(("days", "is_warned"), [(399, True), (402, False)])
def test_a_root_that_ends_within_400_days_is_a_warning(compile_with, days, is_warned):
    """A root that ends soon is packed with a warning that says in how many days."""
    output = compile_with(root("Short Root", days))
    assert bool(re.search("warning: Short Root ends in 39[89] days: deploy again before", output)) == is_warned


def test_the_root_of_the_broker_needs_no_connection(compile_with, tmp_path):
    """The broker's root comes from its ca_file, without a connection to the broker."""
    assert "broker.der: Broker Root" in compile_with(root("Root", 4000))
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "broker.pem").read_text())
    assert (tmp_path / "flash/broker.der").read_bytes() == der


def test_several_roots_of_a_file_are_packed(compile_with, tmp_path):
    """A file with up to three roots is packed completely; more do not fit into a board's memory."""
    pems = [root(f"Root {number}", 4000 + number) for number in range(4)]
    compile_with(b"".join(pems[:3]))
    ders = [ssl.PEM_cert_to_DER_cert(pem.decode()) for pem in pems]
    packed = (tmp_path / "flash/pushover.der").read_bytes()
    assert len(packed) == sum(map(len, ders[:3]))
    assert all(der in packed for der in ders[:3])
    with pytest.raises(PushglanceError, match="holds 4 root certificates, but a board has memory for 1 to 3"):
        compile_with(b"".join(pems))


def test_the_next_roots_of_the_owner_are_packed(tmp_path):
    """With today's root those of the same owner are packed that last longer, the most similar names first."""
    authority = trustme.CA(organization_name="Owner Inc")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    (today,) = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).subject.get_attributes_for_oid(
        NameOID.ORGANIZATION_NAME
    )
    never = 365 * 3000  # trustme's root ends in the year 3000
    others = [root("G2", never, today.value), root("G3", never, "Another Inc"), root("G1", 500, today.value)]
    (tmp_path / "many.pem").write_bytes(b"".join([*others, authority.cert_pem.bytes()]))
    with Sandbox(ssl_context=context) as sandbox:
        roots = find_roots(f"https://localhost:{sandbox.port}", str(tmp_path / "many.pem"))
    assert ssl.DER_cert_to_PEM_cert(roots[0].der).split() == authority.cert_pem.bytes().decode().split()
    assert [packed.name for packed in roots[1:]] == ["G2"]


def test_a_file_without_a_root_is_an_error(tmp_path):
    """A file that holds no certificate is an error that says how such a file begins."""
    (tmp_path / "empty.pem").write_text("hello")
    with pytest.raises(PushglanceError, match="begins with -----BEGIN CERTIFICATE"):
        read_roots(str(tmp_path / "empty.pem"))
