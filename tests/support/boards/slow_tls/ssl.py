"""The TLS of the unix build, as slow as that of an RP2040: TLS_MS in one piece, and nearly twice that if it collects.

Measured: 5.2 s with gc.threshold(16_384), 2.8 s with one collection before (boards/README.md).
"""

import gc
import os
import time

import tls
from tls import CERT_REQUIRED, PROTOCOL_TLS_CLIENT  # noqa: F401 - part of ssl

_MS = int(os.getenv("TLS_MS"))


class SSLContext:
    def __init__(self, protocol):
        self._context = tls.SSLContext(protocol)

    @property
    def verify_mode(self):
        return self._context.verify_mode

    @verify_mode.setter
    def verify_mode(self, mode):
        self._context.verify_mode = mode

    def load_verify_locations(self, cadata):
        self._context.load_verify_locations(cadata)

    def wrap_socket(self, sock, server_hostname, do_handshake_on_connect):
        return Secure(
            self._context.wrap_socket(
                sock, server_hostname=server_hostname, do_handshake_on_connect=do_handshake_on_connect
            )
        )


class Secure:
    def __init__(self, stream):
        self._stream = stream
        self._is_slow = True

    def write(self, data):
        count = self._stream.write(data)
        if count and self._is_slow:
            self._is_slow = False
            time.sleep_ms(_MS if gc.threshold() < 0 else _MS * 520 // 284)
        return count

    def readinto(self, chunk):
        return self._stream.readinto(chunk)

    def close(self):
        self._stream.close()
