"""ssl of the simulated year: a handshake blocks for as long as on an RP2040, and roots and dates are checked.

Measured: 1.4 s for a chain of RSA 2048, 2.8 s for one of P-384; 1.8 times as long if garbage is collected within it.
"""

import gc
import machine
import time

import world

PROTOCOL_TLS_CLIENT = 2
CERT_REQUIRED = 2
_HANDSHAKES_MS = {"A": 1400, "B": 2840, "C": 2840}
_BEGIN = 2026  # the certificates are not valid earlier


class SSLContext:
    def __init__(self, protocol):
        self.verify_mode = 0
        self._roots = ""

    def load_verify_locations(self, cadata):
        self._roots += bytes(cadata[4:5]).decode()

    def wrap_socket(self, sock, server_hostname, do_handshake_on_connect):
        if self.verify_mode != CERT_REQUIRED:
            raise RuntimeError("nothing is verified")
        return Secure(sock, self._roots)


class Secure:
    def __init__(self, sock, roots):
        self._socket = sock
        self._roots = roots
        self._steps = 0

    def write(self, view):
        self._steps += 1
        if not self._socket.is_answering() or self._steps == 1:
            return None  # the client hello has left
        if self._steps < 1_000_000:
            self._steps = 1_000_000
            self._handshake()
        return self._socket.write(view)

    def _handshake(self):
        root = world.year.root_of_server(time.now_ms())
        ms = _HANDSHAKES_MS[root]
        time.advance_to(time.now_ms() + (ms if gc.threshold() < 0 else ms * 520 // 284))
        if machine.rtc_year[0] < _BEGIN:
            raise ValueError("The certificate validity starts in the future")
        if root not in self._roots:
            raise ValueError("The certificate is not correctly signed by the trusted CA")

    def readinto(self, chunk):
        return self._socket.readinto(chunk)

    def close(self):
        self._socket.close()
