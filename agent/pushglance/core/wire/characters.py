"""Unicode facts that MicroPython's strings lack: what is white space, what is printable, what is a small letter.

The tables hold the assigned characters. A character that Unicode has not assigned yet counts as printable.
"""

_SPACES = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"  # and U+2000 to U+200A
# First and last of each range of format characters and private use (Cf, Co).
_INVISIBLE = (
    "\u00ad\u00ad\u0600\u0605\u061c\u061c\u06dd\u06dd\u070f\u070f\u0890\u0891\u08e2\u08e2\u180e\u180e\u200b\u200f"
    "\u202a\u202e\u2060\u2064\u2066\u206f\ue000\uf8ff\ufeff\ufeff\ufff9\ufffb\U000110bd\U000110bd\U000110cd\U000110cd"
    "\U00013430\U0001343f\U0001bca0\U0001bca3\U0001d173\U0001d17a\U000e0001\U000e007f\U000f0000\U0010ffff"
)
# First and last capital of a range, and the distance to its small letters: Latin-1 and Cyrillic.
_CAPITALS = (("\u00c0", "\u00d6", 32), ("\u00d8", "\u00de", 32), ("\u0400", "\u040f", 80), ("\u0410", "\u042f", 32))


def is_space(char: str) -> bool:
    """Return whether this character is white space."""
    return char in _SPACES or "\u2000" <= char <= "\u200a"


def is_printable(char: str) -> bool:
    """Return whether this character can be shown on one line: no control character, no white space except " "."""
    if char < "\x7f":
        return char >= " "
    if char < "\xa1" or is_space(char) or 0xD800 <= ord(char) <= 0xDFFF:
        return False
    for index in range(0, len(_INVISIBLE), 2):  # noqa: SIM110 - all() would allocate for each character
        if _INVISIBLE[index] <= char <= _INVISIBLE[index + 1]:
            return False
    return True


def strip_spaces(text: str) -> str:
    """Return the text without white space at both ends."""
    if "!" <= text[:1] <= "~" and "!" <= text[-1:] <= "~":  # nearly always
        return text
    begin, end = 0, len(text)
    while begin < end and is_space(text[begin]):
        begin += 1
    while begin < end and is_space(text[end - 1]):
        end -= 1
    return text[begin:end]


def to_lower(text: str) -> str:
    """Return the text in small letters. MicroPython's own `lower` converts only ASCII."""
    return "".join([_small(char) for char in text.lower()])


def _small(char: str) -> str:
    if char < "\x80":
        return char
    for first, last, distance in _CAPITALS:
        if first <= char <= last:
            return chr(ord(char) + distance)
    return char
