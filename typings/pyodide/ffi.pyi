# Source: Pyodide 314.0.6, pyodide.ffi.
from typing import Any

class JsException(Exception):
    name: str
    message: str

def create_proxy(obj: object) -> Any: ...
def to_js(obj: object) -> Any: ...

jsnull: object
