"""A minimal program with paho-mqtt and http.client, without any error handling."""

import http.client
import sys

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Subscribe, and post each change."""
    broker_port, sink_port, path, door, level, step = sys.argv[1:]
    sink = http.client.HTTPConnection("127.0.0.1", int(sink_port))
    last: dict[str, str] = {}

    def on_message(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        value = message.payload.decode()
        previous = last.get(message.topic)
        if previous == value:
            return
        if previous is not None and message.topic == level and abs(float(value) - float(previous)) < float(step):
            return
        last[message.topic] = value
        sink.request("POST", path, body=f"text={value}")
        sink.getresponse().read()

    client = Client(CallbackAPIVersion.VERSION2, client_id="bench-paho")
    client.on_message = on_message
    client.on_connect = lambda client, *_: client.subscribe([(door, 1), (level, 1)])
    client.connect("127.0.0.1", int(broker_port))
    client.loop_forever()


if __name__ == "__main__":
    main()
