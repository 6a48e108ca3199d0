"""A TCP server whose connections a test scripts byte by byte. It shares no code with the product or its sandbox."""

import contextlib
import socket
import struct
import threading
import time

from .tls_socket import accept_tls

STOP_S = 10
READ_S = 20


class Peer:
    """One accepted connection."""

    def __init__(self, sock, stopping):
        self.sock = sock
        self._stopping = stopping
        sock.settimeout(READ_S)

    def read_head(self):
        """Return the bytes of a request up to its empty line; b"" if the client has closed the connection."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (byte := self.sock.recv(1)):
                return b""
            head += byte
        return head

    def read_request(self):
        """Return the head and the body of a request as one text; "" if the client has closed the connection."""
        head = self.read_head().decode()
        length = 0
        for line in head.lower().split("\r\n"):
            if line.startswith("content-length:"):
                length = int(line.split(":")[1])
        body = b""
        while len(body) < length and (piece := self.sock.recv(length - len(body))):
            body += piece
        return head + body.decode()

    def send(self, content):
        """Send bytes."""
        self.sock.sendall(content)

    def drip(self, content, every_s=0.05):
        """Send bytes one at a time, until the client has had enough."""
        for place in range(len(content)):
            if self._stopping.wait(every_s):
                return
            self.sock.sendall(content[place : place + 1])

    def repeat(self, content, every_s=0.0):
        """Send the same bytes until the client has had enough."""
        while not self._stopping.wait(every_s) if every_s else not self._stopping.is_set():
            self.sock.sendall(content)

    def hang(self):
        """Do nothing until the client closes the connection or the test ends."""
        self.sock.settimeout(0.05)
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                if not self.sock.recv(4096):
                    return

    def reset(self):
        """Close with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class RawServer:
    """Run `script(peer)` for each connection, one after the other or, with `is_parallel`, each in its thread."""

    def __init__(self, script, *, host="127.0.0.1", tls=None, is_parallel=True):
        self._script = script
        self._tls = tls
        self._is_parallel = is_parallel
        self._stopping = threading.Event()
        self._threads = []
        self._socks = []
        self.requests = []  # what `serve` has read
        self.connections = 0
        self.changed = threading.Condition()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._server = socket.create_server((host, 0), family=family)
        self.port = self._server.getsockname()[1]
        self.host = host
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self):
        """Return the address, with http or https."""
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stopping.set()
        with contextlib.suppress(OSError):  # wakes accept
            socket.create_connection((self.host, self.port), 1).close()
        self._acceptor.join(STOP_S)
        self._server.close()
        for sock in self._socks:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's: its thread reads from it
        for thread in self._threads:
            thread.join(STOP_S)

    def _accept(self):
        while True:
            sock, _ = self._server.accept()
            if self._stopping.is_set():
                sock.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            thread.start()
            self._threads.append(thread)
            if not self._is_parallel:
                thread.join()

    def _serve(self, sock):
        with contextlib.suppress(OSError), sock:
            if self._tls:
                sock = accept_tls(self._tls, sock)
            with sock:
                self._socks.append(sock)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._script(Peer(sock, self._stopping))

    def note(self, request):
        """Record a request that a script has read."""
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()


class RawPushover(RawServer):
    """Answer each request with the next of `answers`, the last one for ever: bytes, or a function of the peer."""

    def __init__(self, *answers, **options):
        self._answers = list(answers)
        super().__init__(self._serve_requests, **options)

    def _serve_requests(self, peer):
        while request := peer.read_request():
            self.note(request)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if callable(answer):
                answer(peer)
                return
            peer.send(answer)


def answer(status, body="", *headers):
    """Return the bytes of an answer; `headers` are lines."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def seconds_of(function):
    """Return what a function returns, and how many seconds it took."""
    start_s = time.monotonic()
    return function(), time.monotonic() - start_s


DELIVERED = answer(200, '{"status":1,"request":"0f0e0d0c"}', "Content-Type: application/json; charset=utf-8")
