"""Operations by method and path.

In: the operations, once; then the method, path and headers of a request. Out: a `Route`; the
dialect of an error; `PathNotFound` or `MethodNotAllowed`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from easel.dialects.dialect import Dialect, Operation
from easel.errors import MethodNotAllowed, PathNotFound

# Base URLs are typed by hand. The usual slips: a slash too many, a version that the client adds
# itself (NextChat, Cherry Studio) or does not add, and Gemini's own address for OpenAI's clients.
# Beside them Gemini's other versions, which are the same here, and the paths of Vertex AI, which
# name a publisher, and perhaps the project that pays. google-genai makes a publisher of what stands
# before the slash of a model.
_VERSION: Final = "/v1(?:alpha|beta1?)?"
_SLIPS: Final = (
    (re.compile(r"//+"), "/"),
    (re.compile(rf"^(?:{_VERSION})+(?={_VERSION}(/|$))"), ""),
    (
        re.compile(
            rf"^({_VERSION})/projects/[^/]+/locations/[^/]+(?=/(?:publishers|interactions)(?:/|$))"
        ),
        r"\1",
    ),
    (re.compile(rf"^{_VERSION}/publishers/google/models(?=/|$)"), "/v1beta/models"),
    (re.compile(rf"^{_VERSION}/publishers/([^/]+)/models/"), r"/v1beta/models/\1/"),
    (re.compile(r"^/v1(alpha|beta1)(?=/|$)"), "/v1beta"),
    (re.compile(r"^/v1beta/openai(/v1)?(?=/|$)"), "/v1"),
    (re.compile(r"^(?=/(chat|images|interactions|models|responses)(/|$))"), "/v1"),
)

# The version that several dialects have; a path under it may be any of theirs.
_SHARED: Final = "/v1/"


@dataclass(frozen=True, slots=True)
class Route:
    """An operation, and the model or task that the path names ("" for most)."""

    operation: Operation
    name: str = ""


def _plain(path: str) -> str:
    """The path as it was meant, and with Gemini's colon as it is."""
    for slip, meant in _SLIPS:
        path = slip.sub(meant, path)
    return path.replace("%3A", ":").replace("%3a", ":").rstrip("/")


def _allow(operations: Iterable[Operation]) -> tuple[str, ...]:
    """The methods of a path with these operations."""
    # Whatever answers GET answers HEAD (RFC 9110, 9.3.2); the platform leaves out the body.
    served = [("GET", "HEAD") if each.method == "GET" else (each.method,) for each in operations]
    return (*(method for methods in served for method in methods), "OPTIONS")


class OperationTable:
    """Where paths overlap, the first one counts; the dialect of the first operation is also the one
    in which a client that shows no other is answered.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self.dialects = tuple(dict.fromkeys(each.dialect for each in self.operations))
        # For the preflight of a browser.
        self.methods = (*sorted({each.method for each in self.operations}), "OPTIONS")
        by_path: dict[str, tuple[Operation, ...]] = {}
        for each in self.operations:
            by_path[each.path] = (*by_path.get(each.path, ()), each)
        self._patterns = tuple(
            (re.compile(re.escape(path).replace(r"\{\}", "([^:]+)")), operations)
            for path, operations in by_path.items()
        )
        # What most requests ask, spelled right and without a name in the path.
        self._usual = {
            (each.method, each.path): Route(each)
            for each in self.operations
            if "{}" not in each.path
        }

    def route(self, method: str, path: str) -> Route:
        """The operation of a request. `path` is as in the URL, still percent-encoded.

        Raises PathNotFound, or MethodNotAllowed with the methods that are.
        """
        if usual := self._usual.get((method, path)):
            return usual
        path = _plain(path)
        for pattern, operations in self._patterns:
            found = pattern.fullmatch(path)
            if found is None:
                continue
            for operation in operations:
                if method in _allow((operation,)):
                    return Route(operation, unquote(found[1]) if found.groups() else "")
            legal = " or ".join(each.method for each in operations)
            raise MethodNotAllowed(f"Use {legal}.", allow=_allow(operations))
        raise PathNotFound(
            "There is nothing at this path. An OpenAI client's base URL ends in /v1, a Gemini "
            "client's has no path. Endpoints: "
            + ", ".join(f"{each.method} {each.path}" for each in self.operations)
            + "."
        )

    def dialects_at(self, path: str) -> tuple[Dialect, ...]:
        """The dialects that may be spoken at a path; the first is the default."""
        path = _plain(path)
        for dialect in self.dialects:
            if dialect.paths.fullmatch(path):
                return (dialect,)
        usual, *others = self.dialects
        if not path.startswith(_SHARED):
            return (usual,)
        return (usual, *(dialect for dialect in others if dialect.key_header))

    def dialect_at(self, path: str, headers: Collection[str] = ()) -> Dialect:
        """The dialect of an error; `headers` are the names of those that hold
        something, in lower case.

        google-genai for Python asks under /v1, so that its header must tell.
        """
        usual, *others = self.dialects_at(path)
        return next((each for each in others if each.key_header in headers), usual)
