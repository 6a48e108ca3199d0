"""select of the board emulator: every connection is there at the second look."""

POLLOUT = 4


class poll:
    def __init__(self):
        self._looks = 0

    def register(self, sock, mask):
        pass

    def poll(self, patience_ms):
        self._looks += 1
        return [True] if self._looks > 1 else []
