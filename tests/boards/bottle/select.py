"""select of the bottle: every connection is there at once."""

POLLOUT = 4


class poll:
    def register(self, sock, mask):
        pass

    def poll(self, patience_ms):
        return [True]
