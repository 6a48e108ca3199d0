"""The file of `pushglance backup`: the store and the settings of one agent."""
