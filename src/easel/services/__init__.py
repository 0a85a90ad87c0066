"""The image services. None of them knows a dialect."""
