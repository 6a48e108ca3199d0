"""The tables of characters agree with Python's Unicode database."""

import sys
import unicodedata

from pushglance.core.wire.characters import is_printable, is_space, strip_spaces, to_lower

ASSIGNED = [chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cn"]


def test_spaces_are_unicodes():
    """A character is white space if and only if Python's `isspace` says so."""
    assert [char for char in map(chr, range(sys.maxunicode + 1)) if is_space(char) != char.isspace()] == []


def test_printable_characters_are_unicodes():
    """An assigned character is printable if and only if Python's `isprintable` says so."""
    assert [char for char in ASSIGNED if is_printable(char) != char.isprintable()] == []


def test_capitals_become_small():
    """Latin-1 and Cyrillic capitals become small by the table alone, as MicroPython needs it."""

    class AsciiString(str):
        """A string whose `lower` knows ASCII alone."""

        __slots__ = ()

        def lower(self):
            return self.translate({code: code + 32 for code in range(ord("A"), ord("Z") + 1)})

    capitals = "ABZ" + "".join(chr(code) for code in (*range(0xC0, 0xD7), *range(0xD8, 0xDF), *range(0x400, 0x430)))
    assert to_lower(AsciiString(capitals)) == capitals.lower()
    assert to_lower(capitals) == capitals.lower()


def test_spaces_are_stripped_at_both_ends_only():
    """Every kind of white space is removed at the ends and kept in the middle."""
    assert strip_spaces("\u2003\xa0\r\n a\u2003b \x85\t") == "a\u2003b"
    assert strip_spaces(" \u3000") == ""
