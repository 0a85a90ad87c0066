"""Workers that are compared: the Python ones and the JavaScript ones, beside what they share."""
