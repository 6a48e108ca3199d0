"""The MQTT packets of `scripts/bench peers`."""

from benchmarks.peers import mqtt_packets as packets


def test_each_packet_is_popped_once():
    """A caller that stops after one packet gets the next one later, also if it arrived in parts."""
    buffer = bytearray(packets.puback(1) + packets.puback(2) + packets.puback(3)[:2])
    assert next(packets.pop_packets(buffer))[2] == b"\0\1"
    assert next(packets.pop_packets(buffer))[2] == b"\0\2"
    assert list(packets.pop_packets(buffer)) == []
    buffer += packets.puback(3)[2:]
    assert [body for _, _, body in packets.pop_packets(buffer)] == [b"\0\3"]
