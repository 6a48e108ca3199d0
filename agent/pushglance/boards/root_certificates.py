"""The root certificates that a board needs: found by connecting from this computer, or read from a file.

A board cannot hold the 140 or so roots that a computer trusts. It gets the one that verifies the server today and those
of the same owner to which the server may change. When none of them verifies any more, the board logs that and stops
pushing until it is deployed again.
"""

import socket
import ssl
import time
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pushglance.errors import PushglanceError

_TIMEOUT_S = 15
_PORTS = {"https": 443, "mqtts": 8883}
_ROOTS_MAX = 3  # each takes 0.7 to 2.9 KiB of a board's memory while TLS is open
_DAY_S = 86_400
_SOON_S = 400 * _DAY_S


@dataclass(frozen=True)
class Root:
    """One root certificate: its bytes (DER), its name, the name of its owner, and its last second (Unix)."""

    der: bytes
    name: str
    owner: str
    until_s: int


def find_roots(url: str, named_file: str | None) -> list[Root]:
    """Return the roots for the server at `url` (https:// or mqtts://), today's first. Raises PushglanceError.

    With a `named_file` (PEM) only its certificates are trusted. Today's root is tested by a second connection that
    trusts nothing else.
    """
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or _PORTS[address.scheme]
    context = _context(named_file)
    der = _fetch_verified_root(host, port, context)
    try:
        _fetch_verified_root(host, port, ssl.create_default_context(cadata=der))
    except PushglanceError as error:
        raise PushglanceError(f"{host} cannot be verified by its root alone, as a board does: {error}") from error
    today = _describe(der)
    _check_end(today)
    return [today, *_next_roots(today, [_describe(other) for other in context.get_ca_certs(binary_form=True)])]


def read_roots(named_file: str) -> list[Root]:
    """Return the roots in a file (PEM), without a connection. Raises PushglanceError."""
    ders = _context(named_file).get_ca_certs(binary_form=True)
    if not 0 < len(ders) <= _ROOTS_MAX:
        raise PushglanceError(
            f"{named_file} holds {len(ders)} root certificates, but a board has memory for 1 to {_ROOTS_MAX}"
        )
    roots = [_describe(der) for der in ders]
    for root in roots:
        _check_end(root)
    return roots


def end_warning(root: Root) -> str:
    """Return a warning if this root ends soon, else ""."""
    days = (root.until_s - int(time.time())) // _DAY_S
    if root.until_s - time.time() > _SOON_S:
        return ""
    return f"{root.name} ends in {days} days: deploy again before, with the root that follows it"


def _next_roots(today: Root, trusted: list[Root]) -> list[Root]:
    """Return roots of the same owner that last longer, those with the most similar names first."""
    later = [root for root in trusted if root.owner == today.owner and root.until_s > today.until_s]

    def likeness(root: Root) -> tuple[int, int]:
        same = takewhile(lambda pair: pair[0] == pair[1], zip(root.name, today.name, strict=False))
        return len(list(same)), root.until_s

    return sorted(later, key=likeness, reverse=True)[: _ROOTS_MAX - 1] if today.owner else []


def _check_end(root: Root) -> None:
    if root.until_s <= time.time():
        day = time.strftime("%Y-%m-%d", time.gmtime(root.until_s))
        raise PushglanceError(f"the root certificate {root.name} ended on {day}; use the one that has replaced it")


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


def _describe(der: bytes) -> Root:
    (certificate,) = ssl.create_default_context(cadata=der).get_ca_certs()
    subject: Any = certificate.get("subject", ())
    names = {key: value for part in subject for key, value in part}
    owner = str(names.get("organizationName", ""))
    name = names.get("commonName") or owner or "a root without a name"
    return Root(der, str(name), owner, int(ssl.cert_time_to_seconds(str(certificate["notAfter"]))))
