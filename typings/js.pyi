# What the Workers of the bench take from JavaScript.
from typing import Any

Response: Any
