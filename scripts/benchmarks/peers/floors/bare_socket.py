"""The floor below: a socket, the packets by hand, and nothing that anybody should run."""

import select
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import packets  # type: ignore[import-not-found]

_KEEPALIVE_S = 60


def main() -> None:
    """Listen, and post what has changed."""
    broker_port, sink_port, path, door, level, step = sys.argv[1:]
    broker = socket.create_connection(("127.0.0.1", int(broker_port)))
    sink = socket.create_connection(("127.0.0.1", int(sink_port)))
    broker.sendall(packets.connect("bench-socket", _KEEPALIVE_S))
    broker.sendall(packets.subscribe([door, level], 1))
    last: dict[str, str] = {}
    held = bytearray()
    while True:
        if not select.select([broker], [], [], _KEEPALIVE_S / 2)[0]:
            broker.sendall(bytes([packets.PINGREQ << 4, 0]))
            continue
        held += broker.recv(65536)
        answers = b""
        for kind, flags, body in packets.take(held):
            if kind != packets.PUBLISH:
                continue
            topic, payload, packet_id = packets.read_publish(flags, body)
            if packet_id:
                answers += packets.puback(packet_id)
            value = payload.decode()
            before = last.get(topic)
            if before == value:
                continue
            if before is not None and topic == level and abs(float(value) - float(before)) < float(step):
                continue
            last[topic] = value
            text = f"text={value}"
            sink.sendall(f"POST {path} HTTP/1.1\r\nHost: sink\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
            sink.recv(65536)
        if answers:
            broker.sendall(answers)


if __name__ == "__main__":
    main()
