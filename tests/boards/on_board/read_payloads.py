"""Read payloads as a board does: lines of JSON [plan, payload as hexadecimal digits] in, one text or null each out."""

import json
import sys
from binascii import unhexlify

from pushglance.core.wire.payload import read_payload

with open(sys.argv[1]) as file:
    for line in file:
        plan, payload = json.loads(line)
        print(json.dumps(read_payload(plan, unhexlify(payload))[0]))
