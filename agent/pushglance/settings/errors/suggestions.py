"""The known word that a user probably meant."""

from difflib import get_close_matches

_MIN_SIMILARITY = 0.65


def nearest(word: str, known: list[str]) -> str:
    """Return the most similar known word, "" if none is similar."""
    matches = get_close_matches(word.lower(), known, n=1, cutoff=_MIN_SIMILARITY)
    return matches[0] if matches else ""
