"""select of the simulated year: a connection is established once its server accepts it."""

POLLOUT = 4


class poll:
    def register(self, sock, mask):
        self._socket = sock

    def poll(self, timeout_ms):
        return [self._socket] if self._socket.is_established() else []
