# What the Worker takes from JavaScript; see edge/platform.js for the rest.
from typing import Any

IdentityTransformStream: Any
Response: Any
