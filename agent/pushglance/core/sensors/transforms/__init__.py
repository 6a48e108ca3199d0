"""What settings may do to a value before it counts. Each module is imported only if a sensor's Plan names it."""
