"""What touches the platform: I/O, clock and randomness. Every decision is a function of `easel`."""
