"""One scalar out of a JSON text by its pointer (RFC 6901), without building the rest and without a float.

A board's `json` makes 32-bit floats of numbers, so 63.50 would not come out as it was written; and a document of some
kilobytes would not fit into the heap as objects. Of a key that stands twice the last one counts, as on a computer.
"""

_SPACE = " \t\r\n"
_DEPTH_MAX = 20
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def pointed(text: str, pointer: str) -> "str | None":
    """Return the text of the scalar that `pointer` names, numbers as they were written; None if there is none.

    Raises ValueError when the text is not JSON.
    """
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    reader = _Reader(text)
    found = reader.value(steps, 0)
    reader.end()
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def _peek(self) -> str:
        while self._text[self._place : self._place + 1] in _SPACE:
            if self._place >= len(self._text):
                raise ValueError
            self._place += 1
        return self._text[self._place]

    def _take(self, character: str) -> None:
        if self._peek() != character:
            raise ValueError
        self._place += 1

    def end(self) -> None:
        if self._text[self._place :].strip(_SPACE):
            raise ValueError

    def value(self, steps: "list[str] | None", depth: int) -> "str | None":
        """Read one value; return its text if it is the scalar at the end of `steps` (None: it is not asked for)."""
        if depth > _DEPTH_MAX:
            raise ValueError
        first = self._peek()
        if first == "{":
            return self._members(steps, depth)
        if first == "[":
            return self._elements(steps, depth)
        scalar = self._string() if first == '"' else self._word()
        return scalar if steps == [] else None

    def _members(self, steps: "list[str] | None", depth: int) -> "str | None":
        found = None
        self._take("{")
        if self._peek() == "}":
            self._place += 1
            return None
        while True:
            if self._peek() != '"':
                raise ValueError
            key = self._string()
            self._take(":")
            if steps and key == steps[0]:
                found = self.value(steps[1:], depth + 1)
            else:
                self.value(None, depth + 1)
            if self._peek() == "}":
                self._place += 1
                return found
            self._take(",")

    def _elements(self, steps: "list[str] | None", depth: int) -> "str | None":
        found = None
        number = 0
        self._take("[")
        if self._peek() == "]":
            self._place += 1
            return None
        while True:
            if steps and steps[0] == str(number):
                found = self.value(steps[1:], depth + 1)
            else:
                self.value(None, depth + 1)
            number += 1
            if self._peek() == "]":
                self._place += 1
                return found
            self._take(",")

    def _string(self) -> str:
        begin = self._place = self._place + 1
        parts = []
        while True:
            character = self._text[self._place : self._place + 1]
            if character == '"':
                parts.append(self._text[begin : self._place])
                self._place += 1
                return "".join(parts)
            if not character or character < " ":
                raise ValueError
            if character == "\\":
                parts.append(self._text[begin : self._place])
                parts.append(self._escape())
                begin = self._place
            else:
                self._place += 1

    def _escape(self) -> str:
        letter = self._text[self._place + 1 : self._place + 2]
        self._place += 2
        if letter != "u":
            if letter not in _ESCAPES:  # also at the end of the text
                raise ValueError
            return _ESCAPES[letter]
        code = self._hexadecimal()
        if 0xD800 <= code < 0xDC00 and self._text[self._place : self._place + 2] == "\\u":
            self._place += 2
            low = self._hexadecimal()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10 | low - 0xDC00))
            return _character(low)
        return _character(code)

    def _hexadecimal(self) -> int:
        digits = self._text[self._place : self._place + 4]
        self._place += 4
        code = 0
        if len(digits) != 4:
            raise ValueError
        for digit in digits:
            value = "0123456789abcdef".find(digit.lower())
            if value < 0:
                raise ValueError
            code = code << 4 | value
        return code

    def _word(self) -> "str | None":
        """Read a number, true, false or null; null is no value."""
        begin = self._place
        while self._text[self._place : self._place + 1] not in ",]} \t\r\n":  # "" at the end is in it, too
            self._place += 1
        word = self._text[begin : self._place]
        if word in ("true", "false"):
            return word
        if word == "null":
            return None
        if word in ("NaN", "Infinity", "-Infinity"):
            return None  # no JSON, but common; and no value
        _check_number(word)
        return word


def _character(code: int) -> str:
    return "\ue000" if 0xD800 <= code < 0xE000 else chr(code)  # half a pair is no character: one that nobody shows


def _check_number(word: str) -> None:
    """Raise ValueError unless this is a number as JSON writes them."""
    rest = word[1:] if word[:1] == "-" else word
    mantissa, mark, exponent = rest.replace("E", "e").partition("e")
    whole, point, fraction = mantissa.partition(".")
    if mark and exponent[:1] in ("+", "-"):
        exponent = exponent[1:]
    for digits, is_wanted in ((whole, True), (fraction, point != ""), (exponent, mark != "")):
        if (digits == "") == is_wanted or digits.strip("0123456789"):
            raise ValueError
    if len(whole) > 1 and whole[0] == "0":
        raise ValueError
