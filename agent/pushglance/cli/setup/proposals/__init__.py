"""What `init` proposes: sensors made of the topics that a broker has, with their words, units and availability."""
