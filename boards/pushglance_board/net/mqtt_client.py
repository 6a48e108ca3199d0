"""MqttClient: one connection to the broker, opened again whenever it is lost, with a time-out on every read and write.

Not `umqtt`: its publish with QoS 1 hangs when a broker does not answer, and `umqtt.robust` loops for ever.
"""

import random
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from pushglance.core.events import LinkChanged
from pushglance.core.push.backoff import JITTER_FULL, backoff_ms
from pushglance_board import faults as fault

from . import mqtt_packets as packets
from .connection import Connection, NetworkError
from .memory import LACKING, memory_shortage

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pushglance.core.plan_types import MqttPlan
    from pushglance.core.wire.event_buffer import EventBuffer
    from pushglance.core.wire.message_router import MessageRouter
    from pushglance_board.clock import BoardClock
    from pushglance_board.faults import Faults

    from .dns import Resolver
    from .node_publisher import NodePublisher
    from .wifi import Wifi

PACKET_MAX = 2048  # bytes; a longer message would not fit into the heap, so it is skipped and counted
_QOS_MAX = const(1)  # QoS 2 would need its state on flash
_CONNECT_MS = const(20_000)  # a small board computes for seconds at the handshake of TLS
_ANSWER_MS = const(10_000)
_STEP_MS = 20
_KEEPALIVE_MAX_S = const(60)  # so that a dead connection is noticed soon, whatever the settings allow
_RETRY_MS = const(1000)
_RETRY_MAX_MS = const(60_000)
_REFUSALS = ("", "speaks another version of MQTT", "refuses our client id", "is not available", "", "")
_BAD_LOGIN = (4, 5)
_INVALID_PACKET = "the broker sent an invalid MQTT packet"


class MqttClient:
    """Deliver messages to `router` and publish what `publisher` has."""

    def __init__(
        self,
        plan: "MqttPlan",
        password: str,
        context: "Callable[[], ssl.SSLContext | None]",
        router: "MessageRouter",
        publisher: "NodePublisher",
        queue: "EventBuffer",
        clock: "BoardClock",
        wifi: "Wifi",
        resolver: "Resolver",
        faults: "Faults",
    ) -> None:
        self._plan = plan
        self._password = password
        self._context = context
        self._router = router
        self._publisher = publisher
        self._queue = queue
        self._clock = clock
        self._wifi = wifi
        self._resolver = resolver
        self._faults = faults
        self._keepalive_ms = min(plan["keepalive_s"], _KEEPALIVE_MAX_S) * 1000
        self._connection = Connection()
        self._packet_id = 0
        self._is_up = False
        self._refused_topics = []  # type: list[str]
        self._subscribing = {}  # type: dict[int, str]  # packet id: topic

    async def run(self) -> None:
        """Connect and handle packets for ever."""
        failures = 0
        while True:
            await self._wifi.wait_until_up()
            wait_ms = 0
            try:
                wait_ms = await self._connect()
                if wait_ms == 0:
                    failures = 0
                    await self._handle_packets()
            except IndexError:  # a packet that is shorter than its kind allows
                self._report(_INVALID_PACKET)
            except (OSError, ValueError, MemoryError) as error:
                self._report(str(error) or LACKING)
                if not self._is_up:
                    self._wifi.note_failure()
            finally:  # also after an error of this program: its sensors must not keep their last values
                self._connection.close()
                self._set_up(False)
            failures += 1
            jitter = random.getrandbits(10) % JITTER_FULL
            await sleep_ms(wait_ms or backoff_ms(failures, _RETRY_MS, _RETRY_MAX_MS, jitter))

    async def _connect(self) -> int:
        """Connect and log in; return 0, or how long to wait after a refusal (ms). Raises OSError."""
        plan = self._plan
        address = await self._resolver.resolve(plan["host"])
        shortage = memory_shortage() if plan["tls"] else ""
        if shortage:
            raise NetworkError(shortage)
        context = self._context()
        self._connection = Connection()
        await self._connection.open(address, plan["port"], plan["host"], context, _CONNECT_MS)
        will = self._publisher.last_will()
        packet = packets.connect(plan["client_id"], self._keepalive_ms // 1000, will, plan["username"], self._password)
        await self._connection.write(packet, _CONNECT_MS)
        answer = await self._connection.read_exactly(4, _ANSWER_MS)
        if answer[0] >> 4 != packets.CONNACK:
            raise NetworkError("the server is not an MQTT broker")
        self._wifi.note_success()
        if answer[3] in _BAD_LOGIN:
            self._report("it refuses the name or password; correct them under [mqtt] and deploy again")
            return _RETRY_MAX_MS
        if answer[3]:
            self._report("it %s" % _REFUSALS[min(answer[3], 5)])
            return _RETRY_MAX_MS
        await self._handshake()
        return 0

    async def _handshake(self) -> None:
        """Subscribe on every connection, because sessions are clean, and publish everything again."""
        self._subscribing = {}
        for topic, qos in self._router.subscriptions():
            packet_id = self._next_id()
            self._subscribing[packet_id] = topic
            await self._connection.write(packets.subscribe(packet_id, topic, min(qos, _QOS_MAX)), _ANSWER_MS)
        self._publisher.reset()
        self._set_up(True)
        self._faults.clear(fault.BROKER)

    async def _handle_packets(self) -> None:
        """Read and write packets until the connection ends. Raises OSError."""
        ping_after_ms = self._keepalive_ms // 3
        received = pinged = ticks_ms()
        is_pinged = False
        while self._wifi.is_up:
            if not self._connection.has_no_data():
                await self._read_packet()
                received, is_pinged = ticks_ms(), False
                continue
            await self._publish()
            if is_pinged and ticks_diff(ticks_ms(), pinged) > _ANSWER_MS:
                self._wifi.note_failure()
                raise NetworkError("it does not answer any more")
            if not is_pinged and ticks_diff(ticks_ms(), ticks_add(received, ping_after_ms)) >= 0:
                await self._connection.write(packets.PINGREQ, _ANSWER_MS)
                pinged, is_pinged = ticks_ms(), True
            await sleep_ms(_STEP_MS)

    async def _publish(self) -> None:
        """Publish one reading that the broker does not have yet; one at a time is in flight."""
        message = self._publisher.next_unpublished()
        if message is not None:
            packet_id = self._next_id()
            await self._connection.write(packets.publish(packet_id, message[0], message[1]), _ANSWER_MS)
            self._publisher.mark_sent(packet_id)

    async def _read_packet(self) -> None:
        first = (await self._connection.read_exactly(1, _ANSWER_MS))[0]
        length = shift = 0
        while True:
            digit = (await self._connection.read_exactly(1, _ANSWER_MS))[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
            if shift > 21:
                raise NetworkError(_INVALID_PACKET)
        self._wifi.note_success()
        if length <= PACKET_MAX:
            await self._handle(first, await self._connection.read_exactly(length, _ANSWER_MS))
        else:
            await self._skip(first, length)

    async def _handle(self, first: int, packet: bytes) -> None:
        kind = first >> 4
        if kind == packets.PUBLISH:
            end = 2 + packets.number_at(packet, 0)
            qos = first >> 1 & 3
            if qos:
                await self._connection.write(packets.puback(packets.number_at(packet, end)), _ANSWER_MS)
            self._dispatch(packet[2:end], packet[end + (2 if qos else 0) :], first)
        elif kind == packets.PUBACK:
            self._publisher.mark_acknowledged(packets.number_at(packet, 0))
        elif kind == packets.SUBACK:
            self._on_subscribed(packets.number_at(packet, 0), packet[2])

    async def _skip(self, first: int, length: int) -> None:
        """Read a message that is too long for a board to its end, and let its sensors count it."""
        if first >> 4 != packets.PUBLISH:
            raise NetworkError(_INVALID_PACKET)
        size = packets.number_at(await self._connection.read_exactly(2, _ANSWER_MS), 0)
        topic = await self._connection.read_exactly(size, _ANSWER_MS)
        length -= 2 + size
        if first >> 1 & 3:
            packet_id = packets.number_at(await self._connection.read_exactly(2, _ANSWER_MS), 0)
            await self._connection.write(packets.puback(packet_id), _ANSWER_MS)
            length -= 2
        while length > 0:
            length -= len(await self._connection.read_exactly(min(length, 256), _ANSWER_MS))
        self._dispatch(topic, None, first)

    def _dispatch(self, topic: bytes, payload: "bytes | None", first: int) -> None:
        try:
            name = topic.decode()
        except ValueError:
            return  # not a topic that was subscribed
        self._router.deliver(name, payload, first & 1 == 1)

    def _on_subscribed(self, packet_id: int, answer: int) -> None:
        topic = self._subscribing.pop(packet_id, "")
        if answer == 0x80 and topic not in self._refused_topics:
            self._refused_topics.append(topic)
            self._faults.log("The MQTT broker refuses the topic %s: its sensors get no values." % topic)

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id

    def _set_up(self, is_up: bool) -> None:
        if is_up != self._is_up:
            self._is_up = is_up
            self._queue.put(LinkChanged(self._clock.now_ms(), "mqtt", int(is_up)))

    def _report(self, message: str) -> None:
        broker = "MQTT broker %s:%d" % (self._plan["host"], self._plan["port"])
        self._faults.report(fault.BROKER, "%s: %s" % (broker, message))
