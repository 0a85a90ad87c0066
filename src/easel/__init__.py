"""The core of Easel: pure functions and frozen values, without I/O, clock or randomness."""
