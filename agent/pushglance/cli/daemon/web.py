"""`pushglance web`: the status page, in a process of its own that reads and never writes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pushglance.errors import PushglanceError

if TYPE_CHECKING:
    from pushglance.web.authentication import Authenticator

_CREDENTIAL = "web_password"


@click.command("web")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; beyond loopback a password is a must."
)
@click.option(
    "--port",
    envvar="PUSHGLANCE_WEB_PORT",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    envvar="PUSHGLANCE_WEB_PASSWORD_FILE",
    help="A file with what --make-password printed.  [default: the systemd credential web_password, if there is one]",
)
@click.option(
    "--proxy",
    envvar="PUSHGLANCE_WEB_PROXY",
    metavar="NAME",
    help="The name under which a proxy on this machine serves the page.",
)
@click.option("--make-password", is_flag=True, help="Ask for a password and print the hash to keep in a file.")
def web_command(host: str, port: int, password_file: Path | None, proxy: str | None, make_password: bool) -> None:
    """Serve the status page: what each watch shows, why, and what is left.

    It reads the store and the live file of the agent, which itself listens nowhere. Without a password only this
    machine may look. On plain HTTP whoever is in the same network can read along: for more, let a proxy with TLS
    serve it.
    """
    if make_password:
        _make_password()
        return
    try:
        from pushglance.hosts import is_loopback
        from pushglance.web.authentication import Authenticator
        from pushglance.web.serve import exit_on_signals, open_socket, serve
    except ModuleNotFoundError as error:
        raise PushglanceError(
            f"the page needs {error.name}: call scripts/install --web, or type  pip install 'pushglance[web]'"
        ) from error
    from pushglance.runtime.paths import runtime_dir, state_dir

    door = _door(Authenticator, password_file)
    if door is None and not is_loopback(host):
        raise PushglanceError(
            f"{host} can be reached from other machines, and there is no password: make one with "
            "pushglance web --make-password > FILE, and name it with --password-file FILE"
        )
    exit_on_signals()
    listener = open_socket(host, port)
    address, listening = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    detail = "" if door is None else " (asks for the password)"
    click.echo(f"The page is at http://{shown}:{listening}/{detail}    Ctrl-C ends it.")
    serve(listener, state_dir(), runtime_dir(), door, proxy)


def _make_password() -> None:
    from pushglance.web.authentication import hash_password

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    click.echo(hash_password(password))


def _door(kind: "type[Authenticator]", password_file: Path | None) -> "Authenticator | None":
    import os

    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if password_file is None and directory:
        password_file = Path(directory) / _CREDENTIAL
        if not password_file.exists() or not password_file.read_text().strip():
            return None  # systemd puts an empty stand-in where a credential is missing
    if password_file is None:
        return None
    try:
        return kind(password_file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise PushglanceError(
            f"the password file {password_file} cannot be read: make one with pushglance web --make-password > FILE"
        ) from error
