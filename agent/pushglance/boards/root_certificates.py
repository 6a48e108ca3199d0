"""The one root certificate that a board needs: found by connecting from this computer, or read from a file.

A board cannot hold the 140 or so roots that a computer trusts. It gets the one that verifies the server today. When the
server changes to another root, or this one ends, the board logs that and stops pushing until it is deployed again.
"""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pushglance.errors import PushglanceError

_TIMEOUT_S = 15
_PORTS = {"https": 443, "mqtts": 8883}


@dataclass(frozen=True)
class Root:
    """One root certificate: its bytes (DER), the name of its owner, and its last second (Unix)."""

    der: bytes
    name: str
    until_s: int


def find_root(url: str, named_file: str | None) -> Root:
    """Return the root that verifies the server at `url` (https:// or mqtts://). Raises PushglanceError.

    With a `named_file` (PEM) only its certificates are trusted. The root is tested by a second connection that trusts
    nothing else.
    """
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or _PORTS[address.scheme]
    der = _fetch_verified_root(host, port, _context(named_file))
    only = ssl.create_default_context(cadata=der)
    try:
        _fetch_verified_root(host, port, only)
    except PushglanceError as error:
        raise PushglanceError(f"{host} cannot be verified by its root alone, as a board does: {error}") from error
    return _describe(der, only)


def read_root(named_file: str) -> Root:
    """Return the one root in a file (PEM), without a connection. Raises PushglanceError."""
    context = _context(named_file)
    roots = context.get_ca_certs(binary_form=True)
    if len(roots) != 1:
        raise PushglanceError(f"{named_file} holds {len(roots)} root certificates, but a board needs exactly one")
    return _describe(roots[0], context)


def _context(named_file: str | None) -> ssl.SSLContext:
    if named_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=named_file)
    except OSError as error:
        message = "a file of certificates begins with -----BEGIN CERTIFICATE-----"
        raise PushglanceError(f"{Path(named_file)} holds no certificate ({error.strerror}); {message}") from None


def _fetch_verified_root(host: str, port: int, context: ssl.SSLContext) -> bytes:
    """Connect once and return the root, the last certificate of the verified chain."""
    try:
        with (
            socket.create_connection((host, port), _TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            return _verified_chain(secure)[-1]
    except ssl.SSLCertVerificationError as error:
        raise PushglanceError(
            f"the certificate of {host}:{port} does not verify ({error.verify_message}); if it is your own server, "
            "name its root certificate with ca_file"
        ) from None
    except OSError as error:
        raise PushglanceError(
            f"{host}:{port} cannot be reached to find its root certificate ({error.strerror or error}); connect this "
            "computer, or name the root's file with --root FILE"
        ) from None


def _verified_chain(secure: Any) -> list[bytes]:
    if hasattr(secure, "get_verified_chain"):  # Python 3.13
        return list(secure.get_verified_chain())
    encoding_der = 2  # _ssl.ENCODING_DER
    return [certificate.public_bytes(encoding_der) for certificate in secure._sslobj.get_verified_chain()]  # noqa: SLF001


def _describe(der: bytes, context: ssl.SSLContext) -> Root:
    (certificate,) = context.get_ca_certs()
    subject: Any = certificate.get("subject", ())
    names = {key: value for part in subject for key, value in part}
    name = names.get("commonName") or names.get("organizationName") or "a root without a name"
    return Root(der, str(name), int(ssl.cert_time_to_seconds(str(certificate["notAfter"]))))
