"""The benchmark's own MQTT: what it counts must have come."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "scripts"))

from benchmarks.peers import packets


def test_each_packet_is_taken_once():
    """Whoever takes one packet and comes again later gets the next one, also of what came in pieces."""
    buffer = bytearray(packets.puback(1) + packets.puback(2) + packets.puback(3)[:2])
    assert next(packets.take(buffer))[2] == b"\0\1"
    assert next(packets.take(buffer))[2] == b"\0\2"
    assert list(packets.take(buffer)) == []
    buffer += packets.puback(3)[2:]
    assert [body for _, _, body in packets.take(buffer)] == [b"\0\3"]
