"""What a broken server or an error of this program does to a running board: the part fails, the board runs on."""

import contextlib
import socket
import threading

import pytest

from support import plans
from support.boards.board import Board, board_plan

MALFORMED = {
    "a message without a topic": "30 00",
    "a topic that is longer than its packet": "32 04 00 09 61 62",
    "an answer to a subscription without a result": "90 02 00 01",
    "an acknowledgement without a number": "40 00",
    "a length that does not end": "30 ff ff ff ff ff",
    "a login answer in the middle": "20 02 00",
}


class Broker:
    """Accept a login, then send these bytes, on every connection."""

    def __init__(self, packet):
        self.connections = 0
        self._packet = packet
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with contextlib.suppress(OSError), peer:
                peer.recv(1024)
                peer.sendall(b"\x20\x02\x00\x00" + self._packet)
                peer.settimeout(20)
                while peer.recv(1024):
                    pass

    def close(self):
        self._listening.close()


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_packet_ends_only_the_connection(tmp_path, packet):
    """Whatever a broker sends, the board connects again and does not restart."""
    broker = Broker(bytes.fromhex(packet))
    sensors = [plans.contact(), plans.text("door", topic="door")]
    plan = board_plan(sensors, mqtt=plans.mqtt(broker.port, host="broker.test", client_id="board"))
    try:
        with Board(tmp_path / "flash", plan) as board:
            board.start()
            board.wait_until(lambda: broker.connections >= 2, "a second connection")
            assert "MQTT broker broker.test" in board.console
            assert "an error in pushglance" not in board.console
            assert "reset" not in board.hardware_log
    finally:
        broker.close()


BROKEN_NTP = """
from pushglance_board import app
app.error_pause_s = 0
async def fail(self):
    raise IndexError("broken")
app.NtpClient.run = fail
from pushglance_board.program import run
run()
"""


def test_an_error_stops_only_its_part(tmp_path):
    """A part that raises three times in a row is stopped with a line in the log; the others and the LED go on."""
    with Board(tmp_path / "flash", board_plan()) as board:
        (board.folder / "broken.py").write_text(BROKEN_NTP)
        board.start(main=board.folder / "broken.py")
        board.wait_for("an error in pushglance: IndexError broken; error 3 of 3, then this part stops")
        blinks = board.hardware_log.count("led 1")
        board.wait_for_hardware("led 1", blinks + 8)
        assert board.console.count("an error in pushglance") == 3
        assert "reset" not in board.hardware_log
        assert not (board.folder / "last_restart.txt").exists(), "no loop that writes flash"
