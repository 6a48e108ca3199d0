"""The control channel: requests from people to the running daemon, through a FIFO."""
