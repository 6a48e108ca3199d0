"""Policies that need no learning, as other programs use them, in virtual time: what a replay is compared with."""
