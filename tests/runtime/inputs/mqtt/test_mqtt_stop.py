"""Stopping the connection, in whatever it does."""

import socket
import time

from pushglance.runtime.inputs.mqtt.mqtt_connection import MqttConnection
from pushglance.runtime.inputs.mqtt.topics.topic_router import TopicRouter
from pushglance.runtime.node.build import build_node
from support import plans
from support.mqtt_connections import DOWN, UP
from support.servers.broker import FalseBroker, free_port


def wait_for_log(broker, sentence):
    """Wait until the broker has logged this sentence."""
    until = time.monotonic() + 20
    while sentence not in (log := (broker.folder / "mosquitto.log").read_text()):
        assert time.monotonic() < until, log
        time.sleep(0.01)


def stop_quickly(connection, queue):
    began = time.monotonic()
    connection.stop()
    assert time.monotonic() - began < 1
    queue.clear()


def test_stop_is_prompt_while_connected(broker, listen, queue, sensor):
    """Stop wakes the thread, disconnects, and makes no event, not even for the link."""
    connection = listen(broker.port, sensor("gauge", topic="t"), client_id="agent")
    queue.wait_for(UP)
    stop_quickly(connection, queue)
    assert not connection._thread.is_alive()
    assert queue.events == []
    wait_for_log(broker, "Client agent disconnected.")


def test_node_does_not_take_its_own_last_status_for_another_client(broker, queue, now_ms, caplog):
    """A node that stops publishes "offline"; the echo of that is not reported as the status of another client."""
    _, session = build_node(plans.plan(node=plans.node()), {}, queue, now_ms)
    connection = MqttConnection(plans.mqtt(broker.port), "", TopicRouter([], queue, now_ms), now_ms, node=session)
    connection.start()
    queue.wait_for(UP)
    session.publish_queue.put(session.status_message("online"))
    queue.wait_until(lambda: session._is_synced)
    connection.stop()
    assert not connection._thread.is_alive()
    assert caplog.messages == []


def test_stop_is_prompt_between_two_attempts(listen, queue, sensor):
    """Stop wakes a thread that waits for its next attempt."""
    connection = listen(free_port(), sensor("gauge", topic="t"))
    connection._is_waiting_long = True
    queue.wait_for(DOWN)
    stop_quickly(connection, queue)
    assert not connection._thread.is_alive()


def test_stop_is_prompt_without_an_answer(listen, queue, sensor):
    """Stop does not wait for a broker that accepts the connection and never answers."""
    with FalseBroker(b"", b"") as broker:
        connection = listen(broker.port, sensor("gauge", topic="t"))
        assert broker.has_received.wait(20)
        stop_quickly(connection, queue)
        assert not connection._thread.is_alive()
        assert queue.events == []


def test_stop_is_prompt_while_a_connection_hangs(listen, queue, sensor):
    """Stop returns during a connection attempt without an answer, and no event follows."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        # The queue of connections is full and none is accepted: the next SYN gets no answer.
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        connection = listen(port, sensor("gauge", topic="t"))
        stop_quickly(connection, queue)
        for filler in fillers:
            filler.close()
    connection._thread.join(10)
    assert not connection._thread.is_alive()
    assert queue.events == []


def test_stop_without_start_closes_files(queue, now_ms):
    """A connection that was not started can be stopped twice, and leaves no file open."""
    connection = MqttConnection(plans.mqtt(), "", TopicRouter([], queue, now_ms), now_ms)
    connection.resync()
    connection.stop()
    connection.stop()
    assert connection._pump._wake_receiver.fileno() == -1
