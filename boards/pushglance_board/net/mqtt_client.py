"""The broker: one connection, made again whenever it is lost, with a time-out on every read and write.

Not `umqtt`: its publish with quality of service 1 hangs when a broker is silent, and its robust variant loops for ever.
"""

import random
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from pushglance.core.events import LinkChanged
from pushglance.core.push.backoff import JITTER_FULL, backoff_ms
from pushglance_board import faults as trouble

from . import mqtt_packets as packets
from .connection import Link, LinkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from pushglance.core.plan_types import MqttPlan
    from pushglance.core.wire.event_buffer import EventBuffer
    from pushglance.core.wire.message_router import MessageRouter
    from pushglance_board.clock import BoardClock
    from pushglance_board.faults import Faults

    from .dns import Names
    from .node_publisher import NodePublisher
    from .wifi import Wifi

PACKET_MAX = 2048  # bytes; a longer message is passed over and counted, it would not fit
_CONNECT_MS = 20_000  # with TLS a small board computes for seconds
_ANSWER_MS = 10_000
_STEP_MS = 20
_KEEPALIVE_MAX_S = 60  # a silent link is noticed by its missing ping, whatever the settings allow
_RETRY_MS = 1000
_RETRY_MAX_MS = 60_000
_REFUSALS = ("", "speaks another version of MQTT", "refuses our client id", "is not available", "", "")
_BAD_LOGIN = (4, 5)
_QOS_MAX = 1  # a handshake of QoS 2 would have to be on flash


class Broker:
    """Keep the connection; hand messages to `topics`, publish what `readings` say."""

    def __init__(
        self,
        plan: "MqttPlan",
        password: str,
        context: "Callable[[], ssl.SSLContext | None]",
        topics: "MessageRouter",
        readings: "NodePublisher",
        inbox: "EventBuffer",
        clock: "BoardClock",
        wifi: "Wifi",
        names: "Names",
        troubles: "Faults",
    ) -> None:
        self._plan = plan
        self._password = password
        self._context = context
        self._topics = topics
        self._readings = readings
        self._inbox = inbox
        self._clock = clock
        self._wifi = wifi
        self._names = names
        self._troubles = troubles
        self._keepalive_ms = min(plan["keepalive_s"], _KEEPALIVE_MAX_S) * 1000
        self._link = Link()
        self._packet_id = 0
        self._is_up = False
        self._refused = []  # type: list[str]
        self._subscribing = {}  # type: dict[int, str]

    async def keep(self) -> None:
        """Connect and serve for ever."""
        failures = 0
        while True:
            await self._wifi.until_up()
            wait_ms = 0
            try:
                wait_ms = await self._connect()
                if wait_ms == 0:
                    failures = 0
                    await self._serve()
            except (OSError, MemoryError) as error:
                self._complain(str(error) or "no memory is left")
                if not self._is_up:
                    self._wifi.missed()
            self._link.close()
            self._set_up(False)
            failures += 1
            jitter = random.getrandbits(10) % JITTER_FULL
            await sleep_ms(wait_ms or backoff_ms(failures, _RETRY_MS, _RETRY_MAX_MS, jitter))

    async def _connect(self) -> int:
        """Log in and subscribe; return 0, or for how long a refusal forbids to try again. Raises OSError."""
        plan = self._plan
        address = await self._names.address(plan["host"])
        context = self._context()
        self._link = Link()
        await self._link.open(address, plan["port"], plan["host"], context, _CONNECT_MS)
        will = self._readings.last_will()
        hello = packets.connect(plan["client_id"], self._keepalive_ms // 1000, will, plan["username"], self._password)
        await self._link.write(hello, _CONNECT_MS)
        answer = await self._link.read_exactly(4, _ANSWER_MS)
        if answer[0] >> 4 != packets.CONNACK:
            raise LinkError("what answers is no MQTT broker")
        self._wifi.heard()
        if answer[3] in _BAD_LOGIN:
            self._complain("it refuses the name or password; correct them under [mqtt] and deploy again")
            return _RETRY_MAX_MS
        if answer[3]:
            self._complain("it %s" % _REFUSALS[min(answer[3], 5)])
            return _RETRY_MAX_MS
        await self._greet()
        return 0

    async def _greet(self) -> None:
        """Subscribe on every connection anew: the broker keeps no session for us; publish everything once more."""
        self._subscribing = {}
        for topic, qos in self._topics.subscriptions():
            packet_id = self._next_id()
            self._subscribing[packet_id] = topic
            await self._link.write(packets.subscribe(packet_id, topic, min(qos, _QOS_MAX)), _ANSWER_MS)
        self._readings.forget_published()
        self._set_up(True)
        self._troubles.end(trouble.BROKER)

    async def _serve(self) -> None:
        """Move packets until the connection ends. Raises OSError."""
        quiet_ms = self._keepalive_ms // 3
        heard = asked = ticks_ms()
        is_asked = False
        while self._wifi.is_up:
            if not self._link.is_silent():
                await self._take_packet()
                heard, is_asked = ticks_ms(), False
                continue
            await self._publish_reading()
            if is_asked and ticks_diff(ticks_ms(), asked) > _ANSWER_MS:
                self._wifi.missed()
                raise LinkError("it does not answer any more")
            if not is_asked and ticks_diff(ticks_ms(), ticks_add(heard, quiet_ms)) >= 0:
                await self._link.write(packets.PINGREQ, _ANSWER_MS)
                asked, is_asked = ticks_ms(), True
            await sleep_ms(_STEP_MS)

    async def _publish_reading(self) -> None:
        """Publish one reading that the broker does not have yet, one at a time."""
        reading = self._readings.next_unpublished()
        if reading is not None:
            self._readings.sent(await self._publish(reading[0], reading[1]))

    async def _publish(self, topic: str, payload: bytes) -> int:
        packet_id = self._next_id()
        await self._link.write(packets.publish(packet_id, topic, payload), _ANSWER_MS)
        return packet_id

    async def _take_packet(self) -> None:
        first = (await self._link.read_exactly(1, _ANSWER_MS))[0]
        length = shift = 0
        while True:
            digit = (await self._link.read_exactly(1, _ANSWER_MS))[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if not digit & 0x80:
                break
            if shift > 21:
                raise LinkError("it sent what is no MQTT")
        self._wifi.heard()
        if length <= PACKET_MAX:
            await self._take(first, await self._link.read_exactly(length, _ANSWER_MS))
        else:
            await self._skip(first, length)

    async def _take(self, first: int, packet: bytes) -> None:
        kind = first >> 4
        if kind == packets.PUBLISH:
            end = 2 + packets.number_at(packet, 0)
            qos = first >> 1 & 3
            if qos:
                await self._link.write(packets.puback(packets.number_at(packet, end)), _ANSWER_MS)
            self._hand_over(packet[2:end], packet[end + (2 if qos else 0) :], first)
        elif kind == packets.PUBACK:
            self._readings.acknowledged(packets.number_at(packet, 0))
        elif kind == packets.SUBACK:
            self._subscribed(packets.number_at(packet, 0), packet[2])

    async def _skip(self, first: int, length: int) -> None:
        """Read a message that is too long for a board up to its end, and let its sensors count it."""
        if first >> 4 != packets.PUBLISH:
            raise LinkError("it sent what is no MQTT")
        size = packets.number_at(await self._link.read_exactly(2, _ANSWER_MS), 0)
        topic = await self._link.read_exactly(size, _ANSWER_MS)
        length -= 2 + size
        if first >> 1 & 3:
            packet_id = packets.number_at(await self._link.read_exactly(2, _ANSWER_MS), 0)
            await self._link.write(packets.puback(packet_id), _ANSWER_MS)
            length -= 2
        while length > 0:
            length -= len(await self._link.read_exactly(min(length, 256), _ANSWER_MS))
        self._hand_over(topic, None, first)

    def _hand_over(self, topic: bytes, payload: "bytes | None", first: int) -> None:
        try:
            name = topic.decode()
        except ValueError:
            return  # no topic that anybody asked for
        self._topics.deliver(name, payload, first & 1 == 1)

    def _subscribed(self, packet_id: int, answer: int) -> None:
        topic = self._subscribing.pop(packet_id, "")
        if answer == 0x80 and topic not in self._refused:
            self._refused.append(topic)
            self._troubles.tell("The MQTT broker refuses the topic %s: its sensors hear nothing." % topic)

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id

    def _set_up(self, is_up: bool) -> None:
        if is_up != self._is_up:
            self._is_up = is_up
            self._inbox.put(LinkChanged(self._clock.now_ms(), "mqtt", int(is_up)))

    def _complain(self, sentence: str) -> None:
        where = "MQTT broker %s:%d" % (self._plan["host"], self._plan["port"])
        self._troubles.begin(trouble.BROKER, "%s: %s" % (where, sentence))
