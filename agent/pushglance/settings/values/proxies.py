"""URLs of HTTP proxies: from the settings, or from the environment in the usual variables.

A proxy's URL can hold a login, so it is a secret as a whole.
"""

import re
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from pydantic import AfterValidator

from pushglance.proxy_url import proxy_problem, with_scheme
from pushglance.settings.errors.issues import ValueProblem

from .secrets import PlainSecret, Secret

NONE = "none"
_VARIABLES = {"https": "HTTPS_PROXY", "all": "ALL_PROXY"}


def _check_proxy(written: Secret) -> Secret:
    value = written.get_secret_value()
    if value == NONE:
        return written
    url = with_scheme(value)
    if proxy_problem(url):
        raise ValueProblem(
            'a proxy is written as "http://proxy.example:3128", with a login as '
            '"http://name:password@proxy.example:3128" (there write %40 for @, %2F for /, %23 for #); other kinds than '
            f'http:// are not supported; "{NONE}" uses none'
        )
    return Secret(url, written.origin)


def environment_proxy(url: str) -> Secret | None:
    """Return the proxy that the environment names for a server's URL, None without one.

    HTTPS_PROXY is used before ALL_PROXY, and NO_PROXY lists exceptions. http:// is only for servers on this computer,
    which need no proxy.
    """
    parts = urlsplit(url)
    proxies = getproxies_environment()
    if parts.scheme != "https" or _is_exempt(parts.hostname or "", parts.port or 443, proxies.get("no", "")):
        return None
    for key, variable in _VARIABLES.items():
        if proxies.get(key, "").strip():
            return Secret(with_scheme(proxies[key]), variable)
    return None


def _is_exempt(host: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY names this server, read as by curl and Go; urllib knows only names after commas."""
    return any(_names(entry, host, port) for entry in re.split(r"[\s,]+", no_proxy))


def _names(entry: str, host: str, port: int) -> bool:
    """Return whether an entry (*, a name, .suffix, *.suffix, an address, a network; also with :port) is this server."""
    if entry == "*":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        address = None
    if address is not None:
        with suppress(ValueError):  # not a bare address or network
            return address in ip_network(entry, strict=False)
    try:
        parts = urlsplit("//" + entry)
        name, only_port = (parts.hostname or "").removeprefix("*").strip("."), parts.port
    except ValueError:
        return False
    is_suffix = bool(name) and address is None and host.endswith("." + name)
    return (host == name or is_suffix) and only_port in (None, port)


ProxyUrl = Annotated[PlainSecret, AfterValidator(_check_proxy)]
