"""The status page: a process of its own that reads the store and the live file, and never the daemon.

It changes nothing and asks nobody: what it shows is what `pushglance status` and the store tell. Everything is rendered
here, on this machine; the browser gets finished HTML and SVG, and nothing from any other address.
"""
