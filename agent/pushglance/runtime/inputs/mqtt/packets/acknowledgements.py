"""Acknowledgements of received messages. With QoS 2 one bit notes each packet id that the broker has not released."""

from .mqtt_packets import PUBACK, PUBCOMP, PUBREC, QOS_1, QOS_2, PublishHeader


class Acknowledgements:
    """The acknowledgements to send, as packets. Any number of messages of QoS 2 takes 8 KiB."""

    def __init__(self) -> None:
        self.packets = bytearray()
        self._unreleased = bytearray()  # a bit for each packet id; empty before the first message of QoS 2

    def add(self, header: PublishHeader) -> bool:
        """Acknowledge a message; return False if it repeats one that the broker has not released yet."""
        if header.qos == QOS_1:
            self.packets += PUBACK + header.packet_id
        elif header.qos == QOS_2 and header.packet_id:
            self.packets += PUBREC + header.packet_id
            return self._mark_unreleased(int.from_bytes(header.packet_id, "big"))
        return True

    def release(self, packet_id: bytes) -> None:
        """Handle the two bytes of a PUBREL: the broker has forgotten the message and may use its packet id again."""
        if len(packet_id) < 2:
            return  # not a valid packet
        number = int.from_bytes(packet_id, "big")
        if self._unreleased:
            self._unreleased[number >> 3] &= ~(1 << (number & 7))
        self.packets += PUBCOMP + packet_id

    def _mark_unreleased(self, packet_id: int) -> bool:
        if not self._unreleased:
            self._unreleased = bytearray(8192)
        byte, bit = packet_id >> 3, 1 << (packet_id & 7)
        is_new = not self._unreleased[byte] & bit
        self._unreleased[byte] |= bit
        return is_new
