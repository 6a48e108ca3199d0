"""The common part of all cards: power cuts before, during or after a commit.

A cut during a write leaves nothing of it, or the ledger without its witness (the file with the last push id). A card
that loses data drops the last commits after it has called them durable; then ledger and witness disagree.
"""

from typing import Any

KEPT_IMAGES = 6  # the most commits that a card loses


class PowerCutStore:
    """Cut the power before, during, or after a commit; report what is on the card."""

    _machine: Any
    _card: Any

    def save(self, commands, now_ms):
        """Commit, unless the power is cut."""
        machine = self._machine
        machine.perhaps_cut_power()
        if machine.has_power_cut():
            self._card.tear(
                lambda: super(PowerCutStore, self).save(commands, now_ms),  # type: ignore[misc]
                lambda: machine.on_saved(commands),
            )
            machine.cut_power()
        super().save(commands, now_ms)  # type: ignore[misc]
        machine.on_saved(commands)
        machine.perhaps_cut_power()
