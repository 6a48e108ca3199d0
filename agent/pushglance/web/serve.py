"""Listening: on loopback unless there is a password, until told to stop."""

import ipaddress
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

import uvicorn

from pushglance.errors import PushglanceError

from .access_middleware import LOCAL_NAMES
from .app import build_app
from .authentication import Authenticator

STOP_S = 2  # streams end by themselves at their next look


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises PushglanceError with what to type instead."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise PushglanceError(
            f"{host} port {port} cannot be listened on ({error.strerror or error}): name others with --host and --port"
        ) from error
    # Each connection inherits it; asyncio sees to it only for sockets of its own. Head and body are two writes.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def end_quietly() -> None:
    """Let SIGTERM and Ctrl-C end this process with 0; uvicorn stops for them, and raises them once more afterwards."""

    def end(_number: int, _frame: object) -> NoReturn:
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def serve(
    listener: socket.socket, state_dir: Path, runtime_dir: Path, door: Authenticator | None, proxy: str | None
) -> None:
    """Serve the page until SIGTERM or Ctrl-C. `proxy` is the name under which a proxy on this machine serves it."""
    hosts = None if door is not None else (*LOCAL_NAMES, *([proxy] if proxy else []))
    app = build_app(state_dir, runtime_dir, door, hosts)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips="127.0.0.1,::1",
        limit_concurrency=64,
        timeout_graceful_shutdown=STOP_S,
        lifespan="off",
    )
    server = uvicorn.Server(config)
    app.state.stream.is_ending = lambda: server.should_exit
    server.run(sockets=[listener])
