"""Loading of settings: TOML file, environment and credentials, merged into one tree of values."""
