"""The host's end of the command channel: JSON lines over a virtio-serial port, one answer for each request."""

import base64
import json
import socket
import time


class GuestGone(Exception):  # noqa: N818 - says what is, like StopIteration
    """Report that the guest's end was lost, which a power cut is meant to do."""


def _connected(path):
    """Return a connection to a socket that QEMU is about to make."""
    until_s = time.monotonic() + 60
    while True:
        attempt = socket.socket(socket.AF_UNIX)
        try:
            attempt.connect(str(path))
        except OSError:
            attempt.close()
            if time.monotonic() > until_s:
                raise
            time.sleep(0.1)
        else:
            return attempt


class Channel:
    """Ask the guest's root to run scripts and to write files; one request at a time."""

    def __init__(self, path):
        self._socket = _connected(path)
        self._unread = b""
        self._number = 0

    def wait_until_up(self, limit_s):
        """Return when the guest's end says that it listens."""
        until_s = time.monotonic() + limit_s
        while not self._line(until_s).get("up"):
            pass

    def run(self, script, limit_s=120):
        """Run a bash script in the guest; return its exit code, output and errors."""
        answer = self._ask({"script": script, "limit_s": limit_s}, limit_s + 30)
        return answer["code"], answer["out"], answer["err"]

    def write(self, path, content, mode):
        """Write a file in the guest, with the folders that it needs."""
        self._ask({"path": path, "content": base64.b64encode(content).decode(), "mode": mode}, 60)

    def _ask(self, request, limit_s):
        self._number += 1
        try:
            self._socket.settimeout(limit_s)
            self._socket.sendall(json.dumps({"number": self._number, **request}).encode() + b"\n")
        except OSError as error:
            raise GuestGone(str(error)) from error
        until_s = time.monotonic() + limit_s
        while True:
            answer = self._line(until_s)
            if answer.get("number") == self._number:  # others: late ones, and "up" of a server that began anew
                return answer

    def _line(self, until_s):
        while b"\n" not in self._unread:
            self._socket.settimeout(max(0.1, until_s - time.monotonic()))
            try:
                came = self._socket.recv(65536)
            except TimeoutError:
                raise TimeoutError("the guest has not answered in time") from None
            except OSError as error:
                raise GuestGone(str(error)) from error
            if not came:
                raise GuestGone("the guest's end was closed")
            self._unread += came
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)

    def close(self):
        """Give the channel up."""
        self._socket.close()
