"""The status page: a separate process that reads the store and the status file, and never talks to the daemon.

It changes nothing and connects to no other machine. It shows the content of the status file and of the store. HTML and
SVG are rendered here; the browser loads nothing from any other address.
"""
