"""Names and addresses of hosts."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Return whether this address or name is reachable from this computer only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
