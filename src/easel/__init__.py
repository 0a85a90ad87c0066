"""The core of Easel: pure functions and frozen values, without I/O, clock or randomness."""

from typing import Final

# That of pyproject.toml, which no Worker can read.
VERSION: Final = "0.2.0"
