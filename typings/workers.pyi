# Source: workers-runtime-sdk 1.9.5.
from typing import Any

class Request:
    js_object: Any

class WorkerEntrypoint:
    ctx: Any
    env: Any

def import_from_javascript(module_name: str) -> Any: ...
