"""Run the server of the status page: open its socket, handle signals, and serve until one of them arrives."""

import logging
import re
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

import uvicorn

from pushglance.errors import PushglanceError
from pushglance.runtime.process.log_output import set_up_log

from .access.authentication import Authenticator
from .access.connection import LimitedConnection
from .app import LOCAL_NAMES, build_app

STOP_S = 2  # open streams end at their next poll
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_HOST_NAME = re.compile(r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]")


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises PushglanceError with the options to use instead."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise PushglanceError(
            f"cannot listen on {host} port {port} ({error.strerror or error}); choose others with --host and --port"
        ) from error
    # Head and body are two writes, and without this option the second one waits for an acknowledgement of the first.
    # Connections inherit the option; asyncio sets it only on sockets that it creates.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def exit_on_signals() -> None:
    """Let SIGTERM and Ctrl-C end this process with 0, once the server runs.

    Until then they are blocked: an exit in the middle of uvicorn's or asyncio's start prints warnings, or is lost.
    uvicorn handles the signals while it runs and raises them again at its end, for the handler set here.
    """

    def end(_number: int, _frame: object) -> NoReturn:
        sys.exit(0)

    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    for number in _STOP_SIGNALS:
        signal.signal(number, end)


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then unblock the signals."""
        await super().startup(sockets)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)


def serve(
    listener: socket.socket, state_dir: Path, runtime_dir: Path, authenticator: Authenticator | None, proxy: str | None
) -> None:
    """Serve the page until SIGTERM or Ctrl-C.

    `proxy` is the host name under which a proxy on this machine serves the page. Raises PushglanceError if it is not a
    plain host name: HostMiddleware would accept "*" as every host.
    """
    if proxy is not None and not _HOST_NAME.fullmatch(proxy):
        raise PushglanceError(f"--proxy needs a host name without a port, such as home.example, not {proxy!r}")
    hosts = None if authenticator is not None else (*LOCAL_NAMES, *([proxy] if proxy else []))
    app = build_app(state_dir, runtime_dir, authenticator, hosts)
    config = uvicorn.Config(
        app,
        http=LimitedConnection,
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=proxy is not None,
        forwarded_allow_ips="127.0.0.1,::1",
        timeout_graceful_shutdown=STOP_S,
        lifespan="off",
    )
    set_up_log(logging.ERROR)
    server = _Server(config)
    app.state.stream.is_ending = lambda: server.should_exit
    server.run(sockets=[listener])
