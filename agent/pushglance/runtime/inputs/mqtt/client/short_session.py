"""A connection that is served for seconds, in the caller's thread: for searches, the doctor and `pushglance init`.

As on the agent's own connection, no message fills the memory.
"""

import select
import time
from collections.abc import Callable

from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket

from .mqtt_client import StreamClient
from .packet_pump import transfer

_STEP_S = 0.2


def serve(
    client: StreamClient,
    seconds: float,
    is_done: Callable[[], bool] = lambda: False,
    deliver: Callable[[PublishPacket], None] = lambda _: None,
) -> None:
    """Transfer packets of a connected client until the time is over, `is_done()` or the connection ends.

    Raises OSError, and what paho raises for invalid packets.
    """
    until_s = time.monotonic() + seconds
    while not is_done() and time.monotonic() < until_s and (stream := client.stream()) is not None:
        writers = [stream] if stream.has_unsent() else []
        has_decrypted = stream.has_decrypted()
        readable, writable, _ = select.select([stream], writers, [], 0 if has_decrypted else _STEP_S)
        if writable:
            stream.flush()
        if readable or has_decrypted:
            transfer(client, stream, deliver)
        if client.want_write():
            client.loop_write()
