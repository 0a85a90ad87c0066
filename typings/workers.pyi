# Source: workers-runtime-sdk 1.9.5.
from collections.abc import Mapping
from typing import Any

class Request:
    js_object: Any

class Response:
    def __init__(
        self,
        body: Any = None,
        status: int | None = None,
        status_text: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None: ...

class WorkerEntrypoint:
    ctx: Any
    env: Any

def import_from_javascript(module_name: str) -> Any: ...
