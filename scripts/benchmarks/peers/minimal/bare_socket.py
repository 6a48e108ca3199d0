"""The least possible program: a socket and hand-made packets, without any error handling."""

import select
import socket
import sys

from benchmarks.peers import mqtt_packets as packets

_KEEPALIVE_S = 60


def main() -> None:
    """Subscribe, and post each change."""
    broker_port, sink_port, path, door, level, step = sys.argv[1:]
    broker = socket.create_connection(("127.0.0.1", int(broker_port)))
    sink = socket.create_connection(("127.0.0.1", int(sink_port)))
    broker.sendall(packets.connect("bench-socket", _KEEPALIVE_S))
    broker.sendall(packets.subscribe([door, level], 1))
    last: dict[str, str] = {}
    received = bytearray()
    while True:
        if not select.select([broker], [], [], _KEEPALIVE_S / 2)[0]:
            broker.sendall(bytes([packets.PINGREQ << 4, 0]))
            continue
        received += broker.recv(65536)
        answers = b""
        for kind, flags, body in packets.pop_packets(received):
            if kind != packets.PUBLISH:
                continue
            topic, payload, packet_id = packets.parse_publish(flags, body)
            if packet_id:
                answers += packets.puback(packet_id)
            value = payload.decode()
            previous = last.get(topic)
            if previous == value:
                continue
            if previous is not None and topic == level and abs(float(value) - float(previous)) < float(step):
                continue
            last[topic] = value
            text = f"text={value}"
            sink.sendall(f"POST {path} HTTP/1.1\r\nHost: sink\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
            sink.recv(65536)
        if answers:
            broker.sendall(answers)


if __name__ == "__main__":
    main()
