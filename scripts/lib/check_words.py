"""Find words that make code and texts hard to read; each has a plain replacement.

Identifiers count, too: `tell_nobody` holds two of them. Usage: check_words.py [--count] [PATH...]
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# word or phrase: what to write instead
WORDS = {
    "anew": "again",
    "beside": "next to, besides",
    "former": "previous",
    "formerly": "previously",
    "heed": "observe, follow",
    "house": "architecture, home, CoreHarness",
    "mend": "fix",
    "mended": "fixed",
    "mends": "fixes",
    "nobody": "a named role: no user, no reader, no other process",
    "oblige": "handle",
    "road": "path",
    "room": "module, package, space",
    "rooms": "modules, packages",
    "said": "reported, answered, detail",
    "somebody": "a named role: a user, another client",
    "tell": "report, log, show, distinguish",
    "teller": "observer",
    "telling": "reporting",
    "tells": "reports, shows",
    "told": "reported, shown, told apart -> distinguished",
    "whoever": "a named role: the caller, the user",
}
PHRASES = {
    r"\bis no \w+": "is not a valid ...; without ...; ... does not exist",
    r"(?<!there )\bare no more\b": "were removed",
    r"\bthat is none\b": "an invalid one",
    r"\bof its own\b": "its own, separate",
    r"\bof their own\b": "their own, separate",
}
# (path, text of the line): why it may stay. Each is a pair of regular expressions.
EXCEPTIONS = (
    (r"scripts/lib/check_words\.py", r""),  # this list
    (r"", r"living.room"),  # the name of a sensor in an example
    (r"scripts/pictures/README\.md", r"residential house in Canada"),  # the title of a cited paper
    (r"pacing/recordings\.py", r"Room2_"),  # a column of a public recording
    (r"storage/schema\.py", r"^    said TEXT|COLUMN said TO"),  # the column's name in stores of old formats
)
_ANY = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PHRASES = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in PHRASES.items()}
_SUFFIXES = (".py", ".md", ".toml", ".json", ".html", ".js", ".mjs", ".css", ".lua", ".service", ".yml", ".sh", "")
_SKIPPED = re.compile(r"^LICENSE$|\.csv$|\.png$|\.svg$|^config/pushglance\.schema\.json$|^tests/vectors/.*\.json$|lock")


def findings(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield (line number, word, what to write instead) for each banned word of a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if any(re.search(where, str(path)) and re.search(text, line, re.IGNORECASE) for where, text in EXCEPTIONS):
            continue
        for found in _ANY.findall(line):
            if (word := found.lower()) in WORDS:
                yield number, word, WORDS[word]
        for pattern, instead in _PHRASES.items():
            for match in pattern.finditer(line):
                yield number, match[0], instead


def main() -> None:
    """Print what is found and exit with 1, or print nothing."""
    parser = argparse.ArgumentParser(prog="scripts/lib/check_words.py", description=__doc__)
    parser.add_argument("--count", action="store_true", help="print one number for each file, most first")
    parser.add_argument("paths", nargs="*", help="files or folders; all that git knows, unless given")
    arguments = parser.parse_args()
    listed = subprocess.run(["git", "ls-files", *arguments.paths], capture_output=True, text=True, check=True).stdout
    paths = [Path(name) for name in listed.splitlines() if Path(name).suffix in _SUFFIXES and not _SKIPPED.search(name)]
    counts = {}
    for path in paths:
        found = list(findings(path))
        counts[path] = len(found)
        for number, word, instead in [] if arguments.count else found:
            print(f"{path}:{number}: {word!r}: write {instead}")
    if arguments.count:
        for path, count in sorted(counts.items(), key=lambda item: -item[1]):
            if count:
                print(f"{count:5} {path}")
    print(f"{sum(counts.values())} banned words", file=sys.stderr)
    sys.exit(1 if sum(counts.values()) else 0)


if __name__ == "__main__":
    main()
