"""Connections of commands are bounded as the agent's own one: a long retained message takes no memory."""

import tracemalloc

from pushglance.cli.setup.detect import listen as listen_for_init
from pushglance.runtime.inputs.mqtt.topics.topic_search import search_near_topics
from support import plans


def test_long_retained_message_is_discarded(broker):
    """With 30 MB retained on one topic the others are heard, and memory grows by less than 8 MiB."""
    broker.publish("photo", b"x" * 30_000_000, retain=True)
    broker.publish("note", b"1", retain=True)
    tracemalloc.start()
    assert listen_for_init({"host": "127.0.0.1", "port": broker.port}, 1.0) == {"note": b"1"}
    near = search_near_topics(plans.mqtt(broker.port, version="3.1.1"), "", None, ["Note", "Photo"], 1.0)
    assert (near.of("Note"), near.of("Photo")) == (["note"], ["photo"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
