"""Find out what a port speaks that does not answer to MQTT: TLS, HTTP, websockets, something else, or nothing."""

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from pushglance.runtime.network.deadline import Deadline
from pushglance.runtime.network.dial import connect

if TYPE_CHECKING:
    import socket

    from pushglance.core.plan_types import MqttPlan

_LIMIT_MS = 3000  # for each question
_TLS_ALERT = b"\x15\x03"
_CONNACK = 0x20
_CONNECT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03pgp"  # MQTT 3.1.1, a clean session of the client "pgp"
_UPGRADE = (
    "GET /mqtt HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: cHVzaGdsYW5jZSBwcm9iZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: mqtt\r\n\r\n"
)
_CERTIFICATE_WANTED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "PEER_DID_NOT_RETURN_A_CERTIFICATE")
_CERTIFICATE_REFUSED = ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "DECRYPT_ERROR")


def tls_reason(mqtt: "MqttPlan", error: Exception | None) -> str:
    """Return a sentence about an alert of the broker during or after the TLS handshake, "" if it was none."""
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if any(word in reason for word in _CERTIFICATE_WANTED) and not mqtt["cert_file"]:
        return f"{_broker(mqtt)} wants a client certificate: write cert_file and key_file in [mqtt]."
    if any(word in reason for word in (*_CERTIFICATE_WANTED, *_CERTIFICATE_REFUSED)) and mqtt["cert_file"]:
        return f"{_broker(mqtt)} refuses our client certificate ({reason}): check [mqtt] cert_file and key_file."
    return ""


def is_handshake_failure(error: Exception) -> bool:
    """Return whether a TLS handshake may have failed because the other end does not speak TLS."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    return isinstance(error, (ssl.SSLError, ConnectionResetError, TimeoutError))


def no_answer_reason(mqtt: "MqttPlan", first_bytes: bytes = b"") -> str:
    """Return a sentence about a port that does not answer to MQTT, "" if it cannot be reached.

    `first_bytes` are what it sent instead. It is asked up to three times, for seconds, without user name and password.
    """
    try:
        _connect(mqtt).close()
    except OSError:
        return ""
    if mqtt["tls"]:
        return _behind_tls(mqtt, first_bytes)
    if first_bytes.startswith(_TLS_ALERT) or (not first_bytes and _speaks_tls(mqtt)):
        return f"{_broker(mqtt)} speaks TLS on this port: write tls = true in [mqtt]."
    answer = first_bytes or _ask(mqtt, _UPGRADE.format(host=mqtt["host"]).encode())
    return _foreign_protocol(mqtt, answer)


def _behind_tls(mqtt: "MqttPlan", first_bytes: bytes) -> str:
    """Return a sentence about a port for which the settings say TLS."""
    try:
        with _wrap(mqtt) as sock:
            answer = first_bytes or sock.recv(1)  # a missing client certificate is reported after the handshake
    except TimeoutError:
        answer = b""
    except (ssl.SSLError, OSError) as error:
        if reason := tls_reason(mqtt, error):
            return reason
        if _ask(mqtt, _CONNECT)[:1] == bytes([_CONNACK]):
            return (
                f"{_broker(mqtt)} speaks MQTT without TLS on this port: write tls = false in [mqtt], or the port for "
                "TLS, which is 8883 at most brokers."
            )
        answer = b""
    return _foreign_protocol(mqtt, answer)


def _foreign_protocol(mqtt: "MqttPlan", answer: bytes) -> str:
    broker, ports = _broker(mqtt), "usually port = 1883, or 8883 with tls = true"
    if answer.startswith(b"HTTP/") and b" 101 " in answer[:16]:
        return f"{broker} is a port for websockets: write the port for plain MQTT in [mqtt], {ports}."
    if answer.startswith(b"HTTP/"):
        return f"{broker} is a web server or a port for websockets: write the broker's port in [mqtt], {ports}."
    if answer:
        words = "".join(char if char.isprintable() else "?" for char in answer[:20].decode("latin-1"))
        return f"{broker} answers {words!r}, which is not MQTT: write the broker's port in [mqtt], {ports}."
    return (
        f"{broker} accepts the connection and gives no answer to MQTT: check [mqtt] host and port ({ports}), and read "
        "the broker's log."
    )


def _speaks_tls(mqtt: "MqttPlan") -> bool:
    """Return whether a TLS handshake succeeds, or fails only for want of a certificate."""
    try:
        _wrap(mqtt).close()
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        return False
    return True


def _wrap(mqtt: "MqttPlan") -> ssl.SSLSocket:
    """Return a TLS connection to which nothing secret may be sent: the certificate is not verified. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if mqtt["cert_file"]:
        with suppress(OSError):
            context.load_cert_chain(mqtt["cert_file"], mqtt["key_file"] or None, password="")
    return context.wrap_socket(_connect(mqtt), server_hostname=mqtt["host"])


def _ask(mqtt: "MqttPlan", question: bytes) -> bytes:
    """Return the begin of the answer to some bytes, b"" if there is none."""
    try:
        with _connect(mqtt) as sock:
            sock.sendall(question)
            return sock.recv(64)
    except OSError:
        return b""


def _connect(mqtt: "MqttPlan") -> "socket.socket":
    sock = connect(mqtt["host"], mqtt["port"], Deadline(_LIMIT_MS, "timed out"))
    sock.settimeout(_LIMIT_MS / 1000)
    return sock


def _broker(mqtt: "MqttPlan") -> str:
    return f"The MQTT broker {mqtt['host']}:{mqtt['port']}"
