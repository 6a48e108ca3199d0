"""Builders of Plans for tests, so that a test names only what matters for it."""

KEY = "k" * 30


def contact(name="garage", **changes):
    """Return a contact on GPIO 17 that settles in 200 ms."""
    return {
        "name": name,
        "kind": "contact",
        "source": "gpio",
        "urgent": 1,
        "share": 100,
        "weight": 1_000_000,
        "retained": "baseline",
        "settle_open_ms": 200,
        "settle_closed_ms": 200,
        "open": "Garage open",
        "closed": "Garage closed",
        "gpio": 17,
        "pull": "up",
        "open_level": 1,
    } | changes


def topic_contact(name="garage", topic="home/garage", **changes):
    """Return a contact on a topic, without settle time."""
    plan = contact(name, source="mqtt", settle_open_ms=0, settle_closed_ms=0) | {
        "topic": topic,
        "qos": 1,
        "pointer": "",
        "stale_ms": 0,
        "open_payloads": ["open", "on", "true", "1"],
        "closed_payloads": ["closed", "off", "false", "0"],
    }
    for key in ("gpio", "pull", "open_level"):
        del plan[key]
    return plan | changes


def of_node(name="garage", node="pi", **changes):
    """Return a contact of another agent."""
    topics = {"topic": f"home/{node}/sensor/{name}", "status_topic": f"home/{node}/status", "node": node}
    return (
        topic_contact(name, open_payloads=["open"], closed_payloads=["closed"], unknown_payloads=["unknown"], **topics)
        | changes
    )


def node(name="board", commands=(), **changes):
    """Return what an agent publishes."""
    return {
        "name": name,
        "root": f"home/{name}",
        "announcement_topic": f"homeassistant/device/pushglance_{name}/config",
        "announcement": "",
        "birth_topic": "homeassistant/status",
        "commands": list(commands),
    } | changes


def counter(name="visitors", **changes):
    """Return a daily counter on GPIO 27."""
    return {
        "name": name,
        "kind": "counter",
        "source": "gpio",
        "urgent": 0,
        "share": 100,
        "weight": 200_000,
        "significant_change": 10,
        "retained": "baseline",
        "resets": "daily",
        "gpio": 27,
        "pull": "up",
        "active_level": 0,
        "width_us": 5000,
    } | changes


def gauge(name="tank", **changes):
    """Return a gauge on a topic, whole numbers with a deadband of 2."""
    return {
        "name": name,
        "kind": "gauge",
        "source": "mqtt",
        "urgent": 0,
        "share": 100,
        "weight": 200_000,
        "significant_change": 10,
        "retained": "baseline",
        "decimals": 0,
        "deadband": 2,
        "low": 0,
        "high": 100,
        "stale_ms": 0,
        "topic": "garden/tank",
        "qos": 1,
        "pointer": "",
    } | changes


def text(name="note", **changes):
    """Return a text on a topic."""
    return {
        "name": name,
        "kind": "text",
        "source": "mqtt",
        "urgent": 0,
        "share": 100,
        "weight": 500_000,
        "retained": "baseline",
        "length": 40,
        "stale_ms": 0,
        "topic": "home/note",
        "qos": 1,
        "pointer": "",
    } | changes


def group(name, members, **changes):
    """Return a group of these sensors: whether any is open."""
    return {
        "name": name,
        "kind": "group",
        "source": "group",
        "urgent": 0,
        "share": 80,
        "weight": 500_000,
        "significant_change": 0,
        "retained": "baseline",
        "members": members,
        "labels": members,
        "combine": "any_open",
        "ignores_unknown": 0,
        "open": "{count} open",
        "closed": "All closed",
        "decimals": 0,
    } | changes


def watch(name="watch", pushes=50, spacing_ms=20 * 60_000, pacing="spacing", resets_at_s=-1, **fields):
    """Return a watch, paced by spacing; `fields` are template parts by field name."""
    fields = fields or {"text": [["garage", ""]]}
    return {
        "name": name,
        "account": "a" * 16,
        "device": name,
        "fingerprint": "f" * 16,
        "pushes": pushes,
        "spacing_ms": spacing_ms,
        "pacing": pacing,
        "resets_at_s": resets_at_s,
        "fields": [{"name": field, "parts": parts} for field, parts in fields.items()],
    }


def messages(sensor="garage", after_ms=20 * 60_000, pushes=10, **changes):
    """Return the plan of messages for one contact that is left open."""
    rule = {
        "sensor": sensor,
        "after_ms": after_ms,
        "message": "Garage still open",
        "closed": "Garage closed",
        "priority": 1,
    }
    return {
        "name": "messages",
        "account": "m" * 16,
        "device": "",
        "fingerprint": "f" * 16,
        "pushes": pushes,
        "left_open": [rule],
    } | changes


def mqtt(port=1, **changes):
    """Return the broker of a Plan: on loopback, without login and TLS."""
    return {
        "host": "127.0.0.1",
        "port": port,
        "version": "3.1.1",
        "username": "",
        "client_id": "",
        "keepalive_s": 60,
        "outage_ms": 300_000,
        "tls": 0,
        "ca_file": "",
        "cert_file": "",
        "key_file": "",
    } | changes


def cluster(url, **changes):
    """Return the hub of a Plan that shares its watches by the store at `url`."""
    return {
        "url": url,
        "username": "",
        "hub": "hub",
        "lease_ms": 60_000,
        "trust": "checked",
        "replicas": 0,
        "ca_file": "",
    } | changes


def plan(sensors=None, watches=None, **changes):
    """Return a whole Plan."""
    watches = [watch()] if watches is None else watches
    users = {one["name"]: KEY for one in [*watches, {"name": "messages"}]}
    return {
        "version": 2,
        "sensors": [contact()] if sensors is None else sensors,
        "watches": watches,
        "messages": None,
        "pushover": {"url": "http://127.0.0.1:9", "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        "mqtt": None,
        "node": None,
        "gpio": {"factory": "mock"},
        "clock": "always",
        "hand": "",
        "secrets": {"token": KEY, "users": users, "mqtt_password": ""},
    } | changes
