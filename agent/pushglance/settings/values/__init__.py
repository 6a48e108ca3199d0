"""Types of single values with their rules. A rule returns the value or raises ValueProblem."""
