"""The address of an HTTP proxy, e.g. http://name:password@proxy.example:3128; its login must never be shown."""

from urllib.parse import urlsplit


def proxy_problem(url: str) -> str:
    """Return why this URL cannot be used as a proxy, "" if it can."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return "its address is not valid"
    if parts.scheme != "http":
        return "only proxies with http:// are supported"
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment)
    return "" if has_host and is_plain and url.isprintable() and " " not in url else "its address is not valid"


def with_scheme(written: str) -> str:
    """Return what was written as a URL: "proxy:3128" is usual in the environment, with spaces around it, too."""
    url = written.strip()
    return url if "://" in url else f"http://{url}"


def without_login(url: str) -> str:
    """Return the URL without name and password."""
    scheme, separator, rest = url.partition("://")
    return scheme + separator + rest.rpartition("@")[2].rstrip("/")


def has_login(url: str) -> bool:
    """Return whether the URL contains a name or a password."""
    return "@" in url
