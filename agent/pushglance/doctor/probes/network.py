"""Check the path to a server in steps: name, connection, certificate. Used for the broker and for Pushover."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

from pushglance.doctor.check_result import OK, WRONG, CheckResult
from pushglance.runtime.network.deadline import Deadline
from pushglance.runtime.network.dial import connect_any
from pushglance.runtime.network.lookup import UnresolvedError, look_up

CONNECT_S = 5.0
_LOOK_UP_MS = 20_000
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


def check_path(name: str, host: str, port: int, context: ssl.SSLContext | None) -> Iterator[CheckResult]:
    """Yield a result for each step of a connection; the first one that is wrong is the last."""
    try:
        addresses = look_up(host, port, Deadline(_LOOK_UP_MS, "the name was not resolved in time"))
    except UnresolvedError as error:
        yield CheckResult(name, WRONG, str(error), "check the spelling, the network and /etc/resolv.conf")
        return
    yield CheckResult(name, OK, f"{host} is {', '.join(sorted({str(entry[4][0]) for entry in addresses}))}")
    try:
        connection = connect_any(addresses, Deadline(int(CONNECT_S * 1000), "no connection in time"))
        connection.settimeout(CONNECT_S)
    except OSError as error:
        message = f"port {port} of {host} cannot be reached ({error.strerror or error})"
        yield CheckResult(
            name, WRONG, message, "check that the server runs, the port is right and no firewall blocks it"
        )
        return
    with connection:
        if context is None:
            yield CheckResult(name, OK, f"port {port} answers")
        else:
            yield _check_tls(name, host, connection, context)


def _check_tls(name: str, host: str, connection: socket.socket, context: ssl.SSLContext) -> CheckResult:
    try:
        with context.wrap_socket(connection, server_hostname=host) as wrapped:
            certificate = wrapped.getpeercert() or {}
            version = wrapped.version()
            with contextlib.suppress(OSError):
                wrapped.shutdown(socket.SHUT_RDWR)
    except ssl.SSLCertVerificationError as error:
        message = f"its certificate cannot be verified: {error.verify_message}"
        return CheckResult(name, WRONG, message, _certificate_hint(error))
    except OSError as error:
        message = f"TLS fails ({getattr(error, 'reason', None) or error})"
        return CheckResult(name, WRONG, message, "check that this port uses TLS")
    until = str(certificate.get("notAfter", "?"))
    return CheckResult(name, OK, f"{version}, its certificate is verified and valid until {until}")


def _certificate_hint(error: ssl.SSLCertVerificationError) -> str:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    if error.verify_code == _NOT_YET_VALID:
        return f"this machine's clock shows {today}, before the certificate becomes valid: set the clock (timedatectl)"
    if error.verify_code == _EXPIRED:
        return (
            f"if {today} is not today's date, set the clock (timedatectl); otherwise the server needs a new certificate"
        )
    if "hostname" in error.verify_message.lower() or "ip address" in error.verify_message.lower():
        return "write the host as the certificate names it"
    return "update the system's certificates (apt install ca-certificates), or name the authority's file in ca_file"
