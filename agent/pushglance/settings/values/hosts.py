"""Hosts: a name or an address, and nothing else that people write with it: scheme, login, port, path."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from pushglance.settings.errors.issues import ValueProblem, listed

_LENGTH_MAX = 255
_NAME = re.compile(r"[^\W_](?:[\w.-]*\w)?\.?")
_WRITTEN = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*):/{1,3}|(?P<bare>mqtts?):(?![0-9]+$))?(?:(?P<login>.*)@)?(?P<host>\[[^\]]*\]|[^/?#:\s]*)(?P<port>:[0-9]{1,5})?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_ENCRYPTED = ("mqtts", "ssl", "tls", "wss", "https", "secure-mqtt")
_WEB = ("ws", "wss", "http", "https")


def _check_host(written: str) -> str:
    return _plain_host(written, _parts_of)


def check_broker(written: str) -> str:
    """Return a plain name or address. Raises ValueProblem, which names the key for each other part of a URL."""
    return _plain_host(written, _keys_of)


def _plain_host(written: str, advise: Callable[[re.Match[str]], list[str]]) -> str:
    """Return a plain name or address. Raises ValueProblem, which never repeats a login."""
    host = written.strip()
    if is_host(host):
        if re.fullmatch(r"[0-9.]+", host) and not _is_address(host):
            raise ValueProblem("an address has four numbers from 0 to 255, e.g. 192.168.1.20")
        return host
    match = _WRITTEN.fullmatch(re.sub(r"^(?:\w+=|//)|[:,;.\s]+$", "", host)) or _WRITTEN.fullmatch(host)
    inner = match["host"].strip("[]") if match else ""
    literal = f'"{inner}"' if is_host(inner) else '"localhost"'
    parts = [] if match is None else advise(match)
    if not parts:
        raise ValueProblem(f"a host is a name or an address of up to {_LENGTH_MAX} characters, without spaces", literal)
    raise ValueProblem(f"a host is only a name or an address; {', '.join(parts)}", literal)


def is_host(text: str) -> bool:
    """Return whether the text is a host name or an IP address, an IPv6 address without brackets."""
    return _is_address(text) or (len(text) <= _LENGTH_MAX and _NAME.fullmatch(text) is not None)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _parts_of(match: re.Match[str]) -> list[str]:
    """Return what is to be left out."""
    parts = {"the scheme": match["scheme"], "the login": match["login"], "the port": match["port"]}
    parts |= {"what follows it": match["rest"], "the brackets": match["host"].startswith("[")}
    written = [part for part, text in parts.items() if text]
    return [f"leave out {listed(written, 'and')}"] if written else []


def _keys_of(match: re.Match[str]) -> list[str]:
    """Return for each part of a broker's URL the key where it belongs."""
    scheme = (match["scheme"] or "").lower()
    parts = []
    if scheme:
        parts.append(f"leave out {scheme}://")
    if scheme in _ENCRYPTED:
        parts.append("write tls = true")
    if scheme in _WEB:
        parts.append(
            "write port = 1883 or the broker's other one for plain MQTT, because web sockets are not supported"
        )
    if match["login"] is not None:
        parts.append('write the name into username = "NAME" and the password into password_file = "/path/to/a/file"')
    if match["port"] and scheme not in _WEB:
        parts.append(f"write port = {int(match['port'][1:])}")
    if match["rest"]:
        parts.append("leave out what follows it")
    if match["host"].startswith("["):
        parts.append("write an IPv6 address without brackets")
    return parts


_schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": _LENGTH_MAX}
HostName = Annotated[str, AfterValidator(_check_host), WithJsonSchema(_schema)]
BrokerHost = Annotated[str, AfterValidator(check_broker), WithJsonSchema(_schema)]
