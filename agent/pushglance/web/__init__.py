"""The status page: a separate process that reads the store and the status file, and never talks to the daemon.

It changes nothing and connects to no other machine: it shows what `pushglance status` and the store contain. HTML and
SVG are rendered here; the browser loads nothing from any other address.
"""
