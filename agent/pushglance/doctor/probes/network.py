"""The way to a server, step by step: its name, a connection, a certificate. Used for the broker and for Pushover."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

from pushglance.doctor.check_result import OK, WRONG, CheckResult

CONNECT_S = 5.0
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


def find_way(name: str, host: str, port: int, context: ssl.SSLContext | None) -> Iterator[CheckResult]:
    """Yield a finding for each step to a server, ending with the first one that is wrong."""
    try:
        addresses = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        detail = f"the name {host} cannot be resolved ({error})"
        yield CheckResult(name, WRONG, detail, "look at the spelling, the network and /etc/resolv.conf")
        return
    yield CheckResult(name, OK, f"{host} is {', '.join(sorted(addresses))}")
    try:
        connection = socket.create_connection((host, port), timeout=CONNECT_S)
    except OSError as error:
        detail = f"port {port} of {host} cannot be reached ({error.strerror or error})"
        yield CheckResult(name, WRONG, detail, "is it running, is the port right, does a firewall stand between?")
        return
    with connection:
        if context is None:
            yield CheckResult(name, OK, f"port {port} answers")
        else:
            yield _shake_hands(name, host, connection, context)


def _shake_hands(name: str, host: str, connection: socket.socket, context: ssl.SSLContext) -> CheckResult:
    try:
        with context.wrap_socket(connection, server_hostname=host) as wrapped:
            certificate = wrapped.getpeercert() or {}
            version = wrapped.version()
            with contextlib.suppress(OSError):
                wrapped.shutdown(socket.SHUT_RDWR)
    except ssl.SSLCertVerificationError as error:
        return CheckResult(name, WRONG, f"its certificate is not to be trusted: {error.verify_message}", _cure(error))
    except OSError as error:
        detail = f"TLS fails ({getattr(error, 'reason', None) or error})"
        return CheckResult(name, WRONG, detail, "does this port speak TLS?")
    until = str(certificate.get("notAfter", "?"))
    return CheckResult(name, OK, f"{version}, its certificate is verified and good until {until}")


def _cure(error: ssl.SSLCertVerificationError) -> str:
    now = time.strftime("%Y-%m-%d", time.gmtime())
    if error.verify_code == _NOT_YET_VALID:
        return f"this machine's clock says {now}, which is before the certificate begins: set it (timedatectl)"
    if error.verify_code == _EXPIRED:
        return f"if {now} is not today's date set the clock (timedatectl), else the server needs a new certificate"
    if "hostname" in error.verify_message.lower() or "ip address" in error.verify_message.lower():
        return "write the host as the certificate names it"
    return "update the system's certificates (apt install ca-certificates), or name the authority's file in ca_file"
