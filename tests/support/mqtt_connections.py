"""What the tests of the MQTT connection share: expected rows, answers of a false broker, and waiting."""

import logging

UP = ["LinkChanged", "mqtt", 1]
DOWN = ["LinkChanged", "mqtt", 0]
HANG_UP = b"\x00\x00"  # not a valid packet: paho closes the connection

CONNACK = {"3.1.1": b"\x20\x02\x00\x00", "5": b"\x20\x03\x00\x00\x00"}


def subscribed(queue, broker):
    """Wait until the agent's subscriptions are in force, with a first message for its sensor `ready`.

    A retained message arrives once, whether it was published before the subscription or after.
    """
    broker.publish("ready", b"?", retain=True)
    queue.wait_until(lambda: any(row[:2] == ["ValueSeen", "ready"] for row in queue.rows()))
    queue.forget("ready")


def warnings(caplog, level=logging.WARNING):
    """Return the agent's log lines of this level or above, without those of the tests' own clients."""
    ours = [record for record in caplog.records if record.name.startswith("pushglance.")]
    return [record.getMessage() for record in ours if record.levelno >= level]
