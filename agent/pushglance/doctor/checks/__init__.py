"""The checks of `pushglance doctor`, one file for each subject."""
