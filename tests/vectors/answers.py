"""Classify answers on the running interpreter: CPython, or MicroPython as on a board.

Usage: answers.py FILE, with the package `pushglance` on the module path. FILE holds JSON rows [status, headers, body];
prints for each [outcome, wait_ms, detail, cause].
"""

import json
import sys

from pushglance.core.wire.pushover_answer import classify, parse_body


def meanings(path):
    """Return what each answer in the file means."""
    with open(path) as file:
        rows = json.load(file)
    found = []
    for status, headers, body in rows:
        answer = classify(status, headers, parse_body(body.encode(), json.loads), "a" * 30)
        found.append([answer.outcome, answer.wait_ms, answer.detail, answer.cause])
    return found


if __name__ == "__main__":
    print(json.dumps(meanings(sys.argv[1])))
