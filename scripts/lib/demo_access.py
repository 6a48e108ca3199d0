"""How the demo's pages are reached from another computer: a password for the network, or a tunnel through ssh."""

import os
import pwd
import secrets
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from pushglance.web.access.authentication import hash_password

_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike


def protected_page(folder: Path) -> tuple[list[str], str]:
    """Return the options of a page that listens on the network, and its password, which is new for each demo."""
    password = "-".join("".join(secrets.choice(_CHARACTERS) for _ in range(4)) for _ in range(3))
    file = folder / "page-password"
    file.touch(mode=0o600)
    file.write_text(hash_password(password))
    return ["--host", "0.0.0.0", "--password-file", str(file)], password  # noqa: S104 - it was asked for


def address_in_network() -> str:
    """Return the address under which other computers reach this one; its name if it is not connected."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: the kernel chooses the address for this destination
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])


def tunnel_command(environment: Mapping[str, str], ports: Sequence[int]) -> str:
    """Return what to type on the other computer if this is a session of ssh, else ""."""
    words = environment.get("SSH_CONNECTION", "").split()
    if len(words) != 4:
        return ""
    host, port = words[2], words[3]
    forwards = " ".join(f"-L {number}:127.0.0.1:{number}" for number in ports)
    option = "" if port == "22" else f"-p {port} "
    return f"ssh {option}{forwards} {pwd.getpwuid(os.geteuid()).pw_name}@{host}"
