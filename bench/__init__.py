"""What a picture costs: Easel beside Workers written by hand in JavaScript, in the same run."""
