"""What every card has in common: power that goes before, in the middle of or after a commit.

A cut in the middle of a write leaves nothing of it, or the ledger without its witness. A card that lies loses the last
commits after it has called them durable; then the ledger and its witness disagree.
"""

KEPT_IMAGES = 6  # as many commits as a lying card loses at most


class Cuttable:
    """Let the power go before, in the middle of, or after a commit; tell the world what is on the card."""

    def save(self, commands, now_ms):
        """Commit, if the power lasts."""
        machine = self._machine
        machine.perhaps_cut_power()
        if machine.is_power_going():
            self._card.tear(lambda: super(Cuttable, self).save(commands, now_ms), lambda: machine.note_saved(commands))
            machine.cut_power()
        super().save(commands, now_ms)
        machine.note_saved(commands)
        machine.perhaps_cut_power()
