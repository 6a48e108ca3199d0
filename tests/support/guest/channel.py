"""The host's end of the command channel: JSON lines over a virtio-serial port, one answer for each request."""

import base64
import json
import socket
import time

_CONNECT_TIMEOUT_S = 60


class GuestGone(Exception):  # noqa: N818 - a state, like StopIteration
    """The connection to the guest was lost, for instance by a simulated power cut."""


def _connect(path):
    """Return a connection to a socket that QEMU creates at its start."""
    deadline_s = time.monotonic() + _CONNECT_TIMEOUT_S
    while True:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(str(path))
        except OSError:
            client.close()
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.1)
        else:
            return client


class Channel:
    """Run scripts and write files as the guest's root; one request at a time."""

    def __init__(self, path):
        self._socket = _connect(path)
        self._unread = b""
        self._number = 0

    def wait_until_up(self, timeout_s):
        """Wait until the guest's end reports that it is up."""
        deadline_s = time.monotonic() + timeout_s
        while not self._read_line(deadline_s).get("up"):
            pass

    def run(self, script, timeout_s=120):
        """Run a bash script in the guest; return its exit code, stdout and stderr."""
        answer = self._request({"script": script, "timeout_s": timeout_s}, timeout_s + 30)
        return answer["code"], answer["out"], answer["err"]

    def write(self, path, content, mode):
        """Write a file in the guest; missing folders are created."""
        self._request({"path": path, "content": base64.b64encode(content).decode(), "mode": mode}, 60)

    def _request(self, request, timeout_s):
        self._number += 1
        try:
            self._socket.settimeout(timeout_s)
            self._socket.sendall(json.dumps({"number": self._number, **request}).encode() + b"\n")
        except OSError as error:
            raise GuestGone(str(error)) from error
        deadline_s = time.monotonic() + timeout_s
        while True:
            answer = self._read_line(deadline_s)
            # Other lines are late answers, and the "up" of a server in the guest that was restarted.
            if answer.get("number") == self._number:
                return answer

    def _read_line(self, deadline_s):
        while b"\n" not in self._unread:
            self._socket.settimeout(max(0.1, deadline_s - time.monotonic()))
            try:
                received = self._socket.recv(65536)
            except TimeoutError:
                raise TimeoutError("the guest did not answer in time") from None
            except OSError as error:
                raise GuestGone(str(error)) from error
            if not received:
                raise GuestGone("the guest closed the connection")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)

    def close(self):
        """Close the connection."""
        self._socket.close()
