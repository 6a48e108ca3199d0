"""The control channel: requests from users to the running daemon, through a FIFO."""
