"""A proxy with CONNECT, for a `RawServer`."""

import contextlib
import socket
import threading


def tunnel(heads):
    """Return the script of a proxy that opens each tunnel, and notes the heads of its requests."""

    def script(peer):
        head = peer.read_head().decode()
        heads.append(head)
        host, port = head.split()[1].rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            peer.send(b"HTTP/1.1 200 Connection established\r\nVia: a proxy\r\n\r\n")
            back = threading.Thread(target=copy, args=(server, peer.sock))
            back.start()
            copy(peer.sock, server)
            back.join(10)

    return script


def copy(source, target):
    """Copy bytes until the source ends."""
    with contextlib.suppress(OSError):
        while piece := source.recv(4096):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
