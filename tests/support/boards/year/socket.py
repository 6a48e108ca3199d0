"""socket of the simulated year: name server, time server, Pushover and broker, each of which can fail."""

import asyncio
import errno
import time

import world
from schedule import ANSWERS, START_S

AF_INET = 2
SOCK_STREAM = 1
SOCK_DGRAM = 2
ANSWER_MS = 300
_NAMES, _TIME, _BROKER = 53, 123, 1883
_1900_S = 2_208_988_800
_ERROR = b"<html><head><title>502 Bad Gateway</title></head></html>"


def getaddrinfo(host, port):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class socket:
    def __init__(self, family=AF_INET, kind=SOCK_STREAM):
        self._waiting = b""
        self._due_ms = 0
        self._port = 0
        self._request = b""
        self._is_forgotten = False
        self._sent = None  # the fields of a push, and its answer, until that is read

    def setblocking(self, is_blocking):
        pass

    def connect(self, address):
        self._port = address[1]
        self._since_ms = time.now_ms()
        if self._port == _BROKER and self._refuses():
            raise OSError(errno.ECONNREFUSED)

    def _fault(self):
        return world.fault("no broker" if self._port == _BROKER else "no Pushover")

    def _refuses(self):
        fault = self._fault()
        return fault is not None and fault[3] % 2 == 1

    def is_established(self):
        """Return whether the server has accepted the connection."""
        if self._port != _BROKER and self._answer() == "no connection":
            return False
        return self.is_answering() and (self._port != _BROKER or not self._fault())

    def is_answering(self):
        """Return whether data comes."""
        return world.is_carrying()

    def _answer(self):
        fault = self._fault()
        return "" if fault is None else ANSWERS[fault[3] % len(ANSWERS)]

    def sendto(self, query, address):
        if not world.is_carrying():
            return
        if address[1] == _NAMES and not world.fault("no names"):
            head = query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
            self._waiting = head + query[12:] + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01"
        elif address[1] == _TIME and not world.fault("no time"):
            seconds = START_S + _1900_S + time.now_ms() // 1000
            fraction = time.now_ms() % 1000 * 65_536 // 1000
            stamp = seconds.to_bytes(4, "big") + fraction.to_bytes(2, "big") + bytes(2)
            self._waiting = b"\x24\x02\x06\xec" + bytes(20) + query[40:48] + bytes(8) + stamp

    def recv(self, size):
        if not self._waiting:
            raise OSError(errno.EAGAIN)
        some, self._waiting = self._waiting, b""
        return some

    def write(self, view):
        if self._port == _BROKER:
            self._to_broker(bytes(view))
            asyncio.touch(asyncio.MQTT)  # the answer is there
            return len(view)
        self._request += bytes(view)
        head, _, body = self._request.partition(b"\r\n\r\n")
        if self.is_answering() and len(body) == int(head.rpartition(b"Content-Length: ")[2]):
            self._receive_push(body.decode())
        return len(view)

    def _receive_push(self, body):
        answer = self._answer() or "accepted"
        fields = dict([pair.split("=") for pair in body.split("&")])
        fields = {name: fields[name] for name in fields if name not in ("token", "user", "device")}
        world.emit(push=fields, answer=answer, at=time.now_ms())
        self._request = b""
        if answer == "no answer":
            return
        if answer == "accepted":
            content = b'{"status":1,"request":"4e3758f7-31b8-4e37-8fe0-1f1c7d02a1a1"}'
            first = b"HTTP/1.1 200 OK\r\nServer: nginx"
        else:
            content = _ERROR
            first = b"HTTP/1.1 502 Bad Gateway" if answer == "server error" else b"HTTP/1.1 429 Too Many Requests"
        self._waiting = first + b"\r\nContent-Length: %d\r\n\r\n" % len(content) + content
        self._due_ms = time.now_ms() + ANSWER_MS
        self._sent = (fields, answer)

    def readinto(self, chunk):
        if self._is_forgotten and self.is_answering() and (self._refuses() or not self._fault()):
            return 0
        if not self._waiting or time.now_ms() < self._due_ms or not self.is_answering():
            return None
        some = self._waiting[: len(chunk)]
        self._waiting = self._waiting[len(some) :]
        chunk[: len(some)] = some
        if self._sent and not self._waiting:
            world.emit(answered=self._sent[0], answer=self._sent[1], at=time.now_ms())
            self._sent = None
        return len(some)

    def _to_broker(self, packet):
        if not self.is_answering() or self._is_forgotten:
            return
        kind = packet[0] >> 4
        if kind == 1:
            self._waiting += b"\x20\x02\x00\x00"
            world.brokers.append(self)
        elif kind == 8:
            self._waiting += b"\x90\x03" + packet[2:4] + b"\x01"
            length = packet[4] << 8 | packet[5]
            topic = packet[6 : 6 + length].decode()
            self.send(topic, world.retained(topic), retain=1)
        elif kind == 12:
            self._waiting += b"\xd0\x00"
        elif kind == 3:
            length = packet[2] << 8 | packet[3]
            self._waiting += b"\x40\x02" + packet[4 + length : 6 + length]

    def send(self, topic, payload, retain=0):
        """Let the broker send a message with QoS 0; the length must fit into one byte."""
        body = bytes([0, len(topic)]) + topic.encode() + payload.encode()
        self._waiting += bytes([0x30 | retain, len(body)]) + body

    def forget(self):
        """Forget this connection, as a broker does that ends: later bytes are answered by the end of the connection."""
        self._is_forgotten = True

    def close(self):
        if self in world.brokers:
            world.brokers.remove(self)
