"""The plan of a hub on a test server."""

LATEST_MS = 1 << 52  # a store clock that is trusted without limit


def cluster_plan(server, **changes):
    """Return the plan of a hub on a server."""
    return {
        "url": server.url,
        "username": "",
        "hub": "hub",
        "lease_ms": 60_000,
        "trust": "checked",
        "replicas": 0,
        "ca_file": "",
    } | changes
