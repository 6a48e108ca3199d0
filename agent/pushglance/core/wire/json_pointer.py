"""Find one scalar in a JSON text by its pointer (RFC 6901), without building the document and without a float.

Numbers keep the text that the sender wrote. A board's `json` would make 32-bit floats of them, and a document of some
kilobytes would not fit into its heap as objects. If a key occurs twice, the last one counts, as in `json.loads`.
"""

_SPACE = " \t\r\n"
_ENDS_OF_WORD = ",]} \t\r\n"
_DIGITS = "0123456789"
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# Not allowed anywhere in JSON. Tab, line feed and carriage return are white space, but not allowed in a string.
_CONTROLS = "".join([chr(code) for code in range(32) if chr(code) not in _SPACE])
NO_VALUE = "\0"  # what `resolve` returns for null, NaN and Infinity
_HALF_PAIR = "\ue000"  # replaces half a surrogate pair, which is not a character; this one is never shown


def resolve(text: str, pointer: str) -> "str | None":
    """Return the scalar at `pointer` ("" is the whole text) as text, or None if none is there.

    For null, and for NaN and Infinity, which are accepted, it is NO_VALUE. Raises ValueError if the text is not JSON.
    """
    for char in _CONTROLS:
        if char in text:
            raise ValueError
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    return _Scanner(text, steps).scan()


class _Scanner:
    """Read a document from left to right. It does not recurse, so deep nesting cannot exhaust the stack."""

    def __init__(self, text: str, steps: "list[str]") -> None:
        self._text = text
        self._at = 0
        self._steps = steps
        self._matched = 0  # how many open containers, from the outermost, are at the member that the pointer names
        self._open = []  # type: list[int]  # for each open array its index if it is needed, for each open object -1
        self._found = None  # type: str | None

    def scan(self) -> "str | None":
        """Read the whole document and return the scalar."""
        is_complete = False
        while not is_complete:
            is_complete = self._read_value() and self._read_ends()
        if self._peek():
            raise ValueError
        return self._found

    def _read_value(self) -> bool:
        """Read a scalar or the begin of a container. Return whether the value is complete."""
        first = self._peek()
        if first in ("{", "["):
            self._at += 1
            if self._peek() == ("}" if first == "{" else "]"):
                self._at += 1
                return True
            self._open.append(-1)
            if first == "{":
                self._read_key()
            else:
                self._enter("0", 0)
            return False
        scalar = self._read_string() if first == '"' else self._read_word()
        if self._matched == len(self._open) == len(self._steps):
            self._found = scalar
        return True

    def _read_ends(self) -> bool:
        """Read what follows a value, up to the next value. Return whether the document is complete."""
        while self._open:
            char = self._peek()
            self._at += 1
            index = self._open[-1]
            if char == ",":
                if index < 0:
                    self._read_key()
                elif self._matched >= len(self._open) - 1:
                    self._enter(str(index + 1), index + 1)
                return False
            if char != ("}" if index < 0 else "]"):
                raise ValueError
            self._open.pop()
        return True

    def _read_key(self) -> None:
        if self._peek() != '"':
            raise ValueError
        self._enter(self._read_string(), -1)
        if self._peek() != ":":
            raise ValueError
        self._at += 1

    def _enter(self, step: str, index: int) -> None:
        """Note that the next value is the member `step` of the innermost container."""
        self._open[-1] = index
        level = len(self._open) - 1
        if self._matched >= level and level < len(self._steps):
            self._matched = level
            if step == self._steps[level]:
                self._matched += 1
                self._found = None

    def _peek(self) -> str:
        """Return the next character that is not white space, "" at the end."""
        at = self._at
        char = self._text[at : at + 1]
        while char and char in _SPACE:
            at += 1
            char = self._text[at : at + 1]
        self._at = at
        return char

    def _read_string(self) -> str:
        begin = self._at + 1
        parts = []  # type: list[str]
        while True:
            end = self._text.find('"', begin)
            if end < 0:
                raise ValueError
            part = self._text[begin:end]
            if "\n" in part or "\t" in part or "\r" in part:
                raise ValueError
            escape = part.find("\\")
            if escape < 0:
                self._at = end + 1
                return "".join(parts) + part if parts else part
            parts.append(part[:escape])
            self._at = begin + escape
            parts.append(self._read_escape())
            begin = self._at

    def _read_escape(self) -> str:
        letter = self._text[self._at + 1 : self._at + 2]
        self._at += 2
        if letter != "u":
            if letter not in _ESCAPES:  # also at the end of the text
                raise ValueError
            return _ESCAPES[letter]
        code = self._read_code()
        if 0xD800 <= code < 0xDC00 and self._text[self._at : self._at + 2] == "\\u":
            begin = self._at
            self._at += 2
            low = self._read_code()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((code - 0xD800) << 10 | low - 0xDC00))
            self._at = begin
        return _HALF_PAIR if 0xD800 <= code < 0xE000 else chr(code)

    def _read_code(self) -> int:
        digits = self._text[self._at : self._at + 4]
        self._at += 4
        code = 0
        if len(digits) != 4:
            raise ValueError
        for digit in digits:
            value = "0123456789abcdef".find(digit.lower())
            if value < 0:
                raise ValueError
            code = code << 4 | value
        return code

    def _read_word(self) -> str:
        """Read a number, true, false or null."""
        text = self._text
        begin = end = self._at
        while text[end : end + 1] not in _ENDS_OF_WORD:  # "" at the end of the text is in it, too
            end += 1
        self._at = end
        word = text[begin:end]
        if _is_number(word) or word in ("true", "false"):
            return word
        if word in ("null", "NaN", "Infinity", "-Infinity"):
            return NO_VALUE
        raise ValueError


def _is_number(word: str) -> bool:
    """Return whether this is a number as JSON writes it."""
    whole, point, fraction = word.partition(".")
    if whole[:1] == "-":
        whole = whole[1:]
    last = fraction if point else whole
    if last.strip(_DIGITS):  # only an exponent may follow the digits
        last, mark, exponent = last.replace("E", "e").partition("e")
        if exponent[:1] in ("+", "-"):
            exponent = exponent[1:]
        if not mark or not exponent or exponent.strip(_DIGITS):
            return False
        if not point:
            whole = last
    if not last or last.strip(_DIGITS) or not whole or whole.strip(_DIGITS):
        return False
    return whole[0] != "0" or len(whole) == 1
