"""Access to the network, to the system's programs and to GPIO consumers, shared by several checks."""
