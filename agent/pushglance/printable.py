"""Text from outside for a terminal."""


def printable(text: str) -> str:
    r"""Return the text as one line that cannot move the cursor: unprintable characters become escapes such as \x1b."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
