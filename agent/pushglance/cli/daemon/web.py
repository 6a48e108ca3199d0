"""`pushglance web`: the status page, in a separate process."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pushglance.errors import PushglanceError, file_problem
from pushglance.small_files import read_small_file

if TYPE_CHECKING:
    from pushglance.web.access.authentication import Authenticator

_CREDENTIAL = "web_password"
_BYTES_MAX = 4096


@click.command("web")
@click.option(
    "--host",
    envvar="PUSHGLANCE_WEB_HOST",
    default="127.0.0.1",
    show_default=True,
    help="The address; any other than loopback needs a password.",
)
@click.option(
    "--port",
    envvar="PUSHGLANCE_WEB_PORT",
    type=click.IntRange(0, 65535),
    default=8787,
    show_default=True,
    help="The port; 0 chooses a free one.",
)
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    envvar="PUSHGLANCE_WEB_PASSWORD_FILE",
    help="A file with the output of --make-password.  [default: the systemd credential web_password, if it exists]",
)
@click.option(
    "--proxy",
    envvar="PUSHGLANCE_WEB_PROXY",
    metavar="NAME",
    help="The host name at which a proxy on this computer serves the page.",
)
@click.option("--make-password", is_flag=True, help="Ask for a password and print its hash for a file.")
def web_command(host: str, port: int, password_file: Path | None, proxy: str | None, make_password: bool) -> None:
    """Serve the status page: what each watch shows, what is pending and why, and how many pushes are left.

    It reads the store and the status file of the agent; the agent itself opens no port. Without a password only this
    computer can open the page. Plain HTTP can be read by others in the same network; to avoid that, use a proxy with
    TLS.
    """
    if make_password:
        _make_password()
        return
    try:
        from pushglance.hosts import is_loopback
        from pushglance.web.access.authentication import Authenticator
        from pushglance.web.serve import exit_on_signals, open_socket, serve
    except ModuleNotFoundError as error:
        from pushglance.installation import how_to_add

        raise PushglanceError(f"the page needs {error.name}: {how_to_add('web')}") from error
    from pushglance.runtime.paths import runtime_dir, state_dir

    authenticator = _authenticator(Authenticator, password_file)
    if authenticator is None and not is_loopback(host):
        raise PushglanceError(
            f"{host} can be reached from other computers, but no password is set: type  "
            "pushglance web --make-password > FILE  and add  --password-file FILE"
        )
    exit_on_signals()
    listener = open_socket(host, port)
    address, bound_port = listener.getsockname()[:2]
    url_host = f"[{address}]" if ":" in address else address
    note = "" if authenticator is None else " (asks for the password)"
    click.echo(f"The page is at http://{url_host}:{bound_port}/{note}    Ctrl-C stops it.")
    serve(listener, state_dir(), runtime_dir(), authenticator, proxy)


def _make_password() -> None:
    from pushglance.web.access.authentication import hash_password

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    click.echo(hash_password(password))


def _authenticator(authenticator_class: "type[Authenticator]", password_file: Path | None) -> "Authenticator | None":
    import os

    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if password_file is None and directory:
        password_file = Path(directory) / _CREDENTIAL
        if not password_file.exists() or not _read_password_file(password_file).strip():
            return None  # systemd provides an empty file for a missing credential
    if password_file is None:
        return None
    return authenticator_class(_read_password_file(password_file))


def _read_password_file(path: Path) -> str:
    try:
        return read_small_file(path, _BYTES_MAX).decode()
    except OSError as error:
        reason = file_problem(error)
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    raise PushglanceError(
        f"cannot read the password file {path} ({reason}): type  pushglance web --make-password > FILE"
    )
