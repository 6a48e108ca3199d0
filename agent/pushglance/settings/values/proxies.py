"""URLs of HTTP proxies: from the settings, or from the environment in the usual variables.

A proxy's URL can hold a login, so it is a secret as a whole.
"""

from typing import Annotated
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

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
    if parts.scheme != "https" or proxy_bypass_environment(parts.netloc, proxies):
        return None
    for key, variable in _VARIABLES.items():
        if proxies.get(key, "").strip():
            return Secret(with_scheme(proxies[key]), variable)
    return None


ProxyUrl = Annotated[PlainSecret, AfterValidator(_check_proxy)]
