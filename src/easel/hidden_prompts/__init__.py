"""What chat applications ask by themselves, and the short answers they can read."""
