"""What chat applications ask by themselves, and the text replies they can read."""
