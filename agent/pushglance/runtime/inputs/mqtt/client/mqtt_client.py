"""Build a paho client from a Plan, and explain the answers of a broker."""

import ssl
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pushglance.runtime.inputs.mqtt.packets.mqtt_stream import PACKET_MAX, MqttStream
from pushglance.runtime.network.deadline import Deadline
from pushglance.runtime.network.dial import connect

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.node.publish_queue import OutgoingMessage

_AUTO = "auto"  # 5, or 3.1.1 if the broker refuses 5
_PROTOCOLS = {
    "3.1.1": MQTTProtocolVersion.MQTTv311,
    "5": MQTTProtocolVersion.MQTTv5,
    _AUTO: MQTTProtocolVersion.MQTTv5,
}
_RECEIVE_MAX = 65_535  # MQTT 5, 3.1.2.11.3
_CONNECT_TIMEOUT_S = 5.0  # for the look-up of the name and TCP, and again for the TLS handshake
_BAD_PASSWORD, _NOT_AUTHORIZED, _BANNED = 134, 135, 138  # MQTT 5, table 3-1; paho translates 3.1.1 to them
SESSION_TAKEN_OVER = 142
_BAD_CLIENT_ID, _BAD_VERSION, _BAD_METHOD = 133, 132, 140

# Errors that remain until a user corrects something, so the next attempt is later.
PERMANENT_ERRORS = frozenset({_BAD_PASSWORD, _NOT_AUTHORIZED, _BANNED, _BAD_CLIENT_ID, _BAD_VERSION, _BAD_METHOD})


class StreamClient(Client):
    """A client whose socket is an `MqttStream`, and whose failed attempts end and are closed.

    paho has no public hooks for that.
    """

    def _create_socket_connection(self) -> Any:
        deadline = Deadline(int(_CONNECT_TIMEOUT_S * 1000), "no connection in time")
        return connect(self.host, self.port, deadline)

    def _create_socket(self) -> Any:
        return MqttStream(super()._create_socket(), has_properties=self.protocol == MQTTProtocolVersion.MQTTv5)

    def _ssl_wrap_socket(self, tcp_sock: Any) -> ssl.SSLSocket:
        """Return the connection after the handshake; paho leaves the socket of a failed one open."""
        context: Any = self._ssl_context
        assert isinstance(context, ssl.SSLContext)
        assert context.check_hostname
        tcp_sock.settimeout(self.connect_timeout)
        return context.wrap_socket(tcp_sock, server_hostname=self.host)  # closes it if the handshake fails

    def stream(self) -> MqttStream | None:
        """Return the socket, or None while not connected."""
        stream: Any = self.socket()
        assert stream is None or isinstance(stream, MqttStream), stream
        return stream


def build_client(mqtt: "MqttPlan", password: str, will: "OutgoingMessage | None" = None) -> StreamClient:
    """Return a client with address, login and last will, not connected; the caller adds TLS with `tls_context`."""
    client = StreamClient(
        CallbackAPIVersion.VERSION2,
        client_id=mqtt["client_id"],
        protocol=_PROTOCOLS[mqtt["version"]],
        reconnect_on_failure=False,  # else paho reconnects inside a read, with MQTT 3.1
    )
    client.connect_timeout = _CONNECT_TIMEOUT_S
    if mqtt["username"]:
        client.username_pw_set(mqtt["username"], password or None)
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=will.is_retained)
    client.connect_async(mqtt["host"], mqtt["port"], mqtt["keepalive_s"], properties=_connect_properties(client))
    return client


def _connect_properties(client: Client) -> Properties | None:
    """Return the CONNECT properties. MQTT 3.1.1 has none.

    The largest Receive Maximum: with its default limits mosquitto has 20 messages in flight and 1000 waiting, which a
    burst fills within milliseconds; then it drops the newest ones. And the Maximum Packet Size: the broker does not
    send a larger message, and counts it as delivered.
    """
    if client.protocol != MQTTProtocolVersion.MQTTv5:
        return None
    connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    connect.ReceiveMaximum = _RECEIVE_MAX
    connect.MaximumPacketSize = PACKET_MAX
    return connect


def tls_context(mqtt: "MqttPlan") -> ssl.SSLContext:
    """Return a context that verifies the broker's certificate and name. Raises OSError for files it cannot use."""
    context = ssl.create_default_context(cafile=mqtt["ca_file"] or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Python's default, but a system may have lowered it
    if mqtt["cert_file"]:
        # With an empty password an encrypted key fails; without one OpenSSL would ask on the terminal.
        context.load_cert_chain(mqtt["cert_file"], mqtt["key_file"] or None, password="")
    return context


def fallback_version(mqtt: "MqttPlan", answer: ReasonCode | None) -> "MqttPlan | None":
    """Return the Plan for MQTT 3.1.1 if the broker refused MQTT 5 and the version is "auto", else None.

    `answer` is None if the broker closed the connection without one, as brokers without MQTT 5 do.
    """
    is_refused = answer is None or answer.value == _BAD_VERSION
    return {**mqtt, "version": "3.1.1"} if is_refused and mqtt["version"] == _AUTO else None


def refusal_reason(mqtt: "MqttPlan", answer: ReasonCode) -> str:
    """Return a sentence about a CONNACK with a failure."""
    broker = f"The MQTT broker {mqtt['host']}:{mqtt['port']}"
    if answer.value in {_BAD_PASSWORD, _NOT_AUTHORIZED}:
        who = f"user {mqtt['username']!r}" if mqtt["username"] else "a client without a user name"
        return f"{broker} refuses {who} ({answer}): check [mqtt] username and password."
    if answer.value == _BAD_VERSION:
        return f'{broker} does not speak MQTT {mqtt["version"]}: write another [mqtt] version, "3.1.1" or "5".'
    if answer.value == _BAD_CLIENT_ID:
        return f"{broker} refuses the client id {mqtt['client_id']!r}: write another [mqtt] client_id."
    return f"{broker} refuses the connection: {answer}."


def disconnect_reason(mqtt: "MqttPlan") -> str:
    """Return a sentence about connections that the broker accepts and ends soon after."""
    broker = f"The MQTT broker {mqtt['host']}:{mqtt['port']}"
    return (
        f"{broker} ends each connection of {mqtt['client_id']!r} soon after accepting it: another client seems to have "
        "the same id. Give each client its own name in [node], or its own [mqtt] client_id."
    )


def unreachable_reason(mqtt: "MqttPlan", error: Exception) -> str:
    """Return a sentence about a failed attempt to connect."""
    broker = f"the MQTT broker {mqtt['host']}:{mqtt['port']}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {broker} is not trusted: {error.verify_message}. Check [mqtt] ca_file and host."
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in (error.reason or ""):
        return (
            f"The port of {broker} does not use TLS: write tls = false in [mqtt], or the port for TLS, which is 8883 "
            "at most brokers."
        )
    if isinstance(error, ssl.SSLError):
        return f"TLS with {broker} fails: {error}. Check [mqtt] port, tls, ca_file, cert_file and key_file."
    return f"Cannot connect to {broker}: {error}."
