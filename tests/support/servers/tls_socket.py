"""The server's side of a TLS connection."""

import ssl


class ServerSideSocket(ssl.SSLSocket):
    """A connection that is closed with its last reference: `ssl` forgets one that the client resets early."""

    def __del__(self):
        self.close()


def accept_tls(context, sock):
    """Return the connection after the handshake. Raises OSError; then it is closed."""
    context.sslsocket_class = ServerSideSocket
    return context.wrap_socket(sock, server_side=True)
