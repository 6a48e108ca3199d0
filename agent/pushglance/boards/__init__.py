"""Bringing pushglance onto a microcontroller: one root certificate, one folder of files, one cable."""
