"""ssl of the board emulator: it verifies nothing, but holds as much of the heap as a handshake of mbedTLS does.

On an RP2040 mbedTLS allocates from MicroPython's own heap, and by MicroPython's mbedtls_config_common.h a record of
16 KiB in one piece for what comes in, 4 KiB for what goes out, as soon as the socket is wrapped; certificates, keys and
big numbers are small pieces, and come with the handshake, which is at the first write.
"""

PROTOCOL_TLS_CLIENT = 2
CERT_REQUIRED = 2
_RECORDS = [16_384 + 333, 4096 + 333]
_PIECE = 1024
_size = [60 << 10]
_held = [0]


def take(size):
    """Let each connection take this many bytes."""
    _size[0] = size


def held():
    """Return how many bytes the open connections hold."""
    return _held[0]


class SSLContext:
    def __init__(self, protocol):
        self.verify_mode = 0

    def load_verify_locations(self, cadata):
        pass

    def wrap_socket(self, sock, server_hostname, do_handshake_on_connect):
        return Secure(sock)


class Secure:
    def __init__(self, sock):
        self._sock = sock
        self._pieces = [bytearray(size) for size in _RECORDS]
        self._size = sum(_RECORDS)
        _held[0] += self._size

    def write(self, view):
        if self._size < _size[0]:
            if len(self._pieces) == len(_RECORDS):  # our hello has left, nobody has answered yet
                self._pieces.append(b"")
                return None
            self._shake_hands()
        return self._sock.write(view)

    def _shake_hands(self):
        for _ in range((_size[0] - self._size) // _PIECE):
            self._pieces.append(bytearray(_PIECE))
        _held[0] += _size[0] - self._size
        self._size = _size[0]

    def readinto(self, scratch):
        return self._sock.readinto(scratch)

    def close(self):
        _held[0] -= self._size
        self._size = 0
        self._pieces = []
