"""ssl of the board emulator: it verifies nothing, but holds as much of the heap as a handshake of mbedTLS does.

On an RP2040 mbedTLS allocates from MicroPython's heap, and by MicroPython's mbedtls_config_common.h a record of
16 KiB in one piece for input and one of 4 KiB for output, as soon as the socket is wrapped. Certificates, keys and big
numbers are small pieces, allocated during the handshake, at the first write.
"""

PROTOCOL_TLS_CLIENT = 2
CERT_REQUIRED = 2
_RECORDS = [16_384 + 333, 4096 + 333]
_PIECE = 1024
_size = [60 << 10]
_held = [0]


def set_size(size):
    """Let each connection hold this many bytes."""
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
            if len(self._pieces) == len(_RECORDS):  # the client hello has left, the server has not answered
                self._pieces.append(b"")
                return None
            self._handshake()
        return self._sock.write(view)

    def _handshake(self):
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
