"""Read payloads under MicroPython: one line of JSON [plan, payload in hexadecimal] in, one line with the text out."""

import json
import sys
from binascii import unhexlify

from pushglance.core.wire.payload import read_payload

with open(sys.argv[1]) as file:
    for line in file:
        plan, payload = json.loads(line)
        print(json.dumps(read_payload(plan, unhexlify(payload))[0]))
