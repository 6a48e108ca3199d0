"""socket of the board emulator: name server, time server, Pushover and broker in the same VM."""

import errno
import time

AF_INET = 2
SOCK_STREAM = 1
SOCK_DGRAM = 2
ANSWER_MS = 300  # Pushover takes so long, so that memory is measured while the connection is open
START_S = 1_800_000_000
_1900_S = 2_208_988_800

pushes = [0]
published = {}  # topic -> payload, as the broker has it
brokers = []  # open connections to the broker


def getaddrinfo(host, port):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class socket:
    def __init__(self, family=AF_INET, kind=SOCK_STREAM):
        self._waiting = b""
        self._due_ms = 0
        self._port = 0
        self._request = b""

    def setblocking(self, is_blocking):
        pass

    def connect(self, address):
        self._port = address[1]
        if self._port == 1883:
            brokers.append(self)

    def sendto(self, query, address):
        if address[1] == 53:
            head = query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
            self._waiting = head + query[12:] + b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01"
        else:
            seconds = START_S + _1900_S + time.now_ms() // 1000
            self._waiting = (
                b"\x24\x02\x06\xec" + bytes(20) + query[40:48] + bytes(8) + seconds.to_bytes(4, "big") + bytes(4)
            )

    def recv(self, size):
        if not self._waiting:
            raise OSError(errno.EAGAIN)
        some, self._waiting = self._waiting, b""
        return some

    def write(self, view):
        if self._port == 1883:
            self._broker(bytes(view))
            return len(view)
        self._request += bytes(view)
        head, _, body = self._request.partition(b"\r\n\r\n")
        if len(body) == int(head.rpartition(b"Content-Length: ")[2]):
            pushes[0] += 1
            answer = b'{"status":1,"request":"%08x-0000-0000-0000-%012x"}' % (pushes[0], pushes[0])
            self._waiting = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
            self._due_ms = time.now_ms() + ANSWER_MS
            self._request = b""
        return len(view)

    def readinto(self, scratch):
        if not self._waiting or time.now_ms() < self._due_ms:
            return None
        some = self._waiting[: len(scratch)]
        self._waiting = self._waiting[len(some) :]
        scratch[: len(some)] = some
        return len(some)

    def _broker(self, packet):
        kind = packet[0] >> 4
        if kind == 1:
            self._waiting += b"\x20\x02\x00\x00"
        elif kind == 8:
            self._waiting += b"\x90\x03" + packet[2:4] + b"\x01"
        elif kind == 12:
            self._waiting += b"\xd0\x00"
        elif kind == 3:
            length = packet[2] << 8 | packet[3]
            end = 4 + length
            published[packet[4:end]] = packet[end + 2 :]
            self._waiting += b"\x40\x02" + packet[end : end + 2]

    def send(self, topic, payload):
        """Let the broker send a message with QoS 0; the length must fit into one byte."""
        body = bytes([0, len(topic)]) + topic + payload
        self._waiting += bytes([0x30, len(body)]) + body

    def close(self):
        if self in brokers:
            brokers.remove(self)
