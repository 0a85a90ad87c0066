"""A batch: several messages of MCP in one body, which only revision 2025-03-26 has.

In: the messages, and what answers one. Out: their answers in one array; that of the one that paints
has the others before it, and keeps its progress and its late failure. There is one such in a batch:
several paid pictures in one answer would fail and be cut together.
Sources: MCP, 2025-03-26, "Batching" and "Streamable HTTP"; 2025-06-18, which took it out again;
JSON-RPC 2.0, 6. Read 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from easel.dialects.dialect import Decoded, DirectReply, Incoming, Tell
from easel.dialects.mcp_encoder import McpEncoder
from easel.dialects.mcp_errors import INVALID_REQUEST, error_result
from easel.dialects.mcp_message import BATCH_VERSION, VERSION_HEADER, identity_of, refused
from easel.errors import EaselError, InvalidRequest

# What one body may ask for: as many as a client could have to say at once.
MOST_MESSAGES: Final = 20

Answered: TypeAlias = DirectReply | Decoded
_Answer: TypeAlias = Callable[[Any, Incoming], Answered]


def answer_batch(messages: Sequence[Any], incoming: Incoming, answer: _Answer) -> Answered:
    """What a batch asks for; what cannot be answered is told in its place."""
    # That revision has no header for its version yet.
    if incoming.headers.get(VERSION_HEADER) not in (None, BATCH_VERSION):
        return refused(
            INVALID_REQUEST,
            f"Batches are of revision {BATCH_VERSION} alone. Send each message by itself.",
        )
    if not 0 < len(messages) <= MOST_MESSAGES:
        return refused(INVALID_REQUEST, f"A batch must have 1 to {MOST_MESSAGES} messages.")
    told: list[bytes] = []
    painting: Decoded | None = None
    for message in messages:
        answered = _initializing(message, incoming) or answer(message, incoming)
        if isinstance(answered, DirectReply):
            told += [answered.body] if answered.body else []
        elif painting is None:
            painting = answered
        else:
            told.append(_one_too_many(answered))
    if painting is not None:
        return _beside(painting, tuple(told))
    return DirectReply(200, _joined(told)) if told else DirectReply(202)


def _initializing(message: Any, incoming: Incoming) -> DirectReply | None:
    if not isinstance(message, dict) or message.get("method") != "initialize":
        return None
    words = "initialize: must not be in a batch. Send it by itself."
    return refused(INVALID_REQUEST, words, identity_of(message, incoming.long_texts))


def _joined(told: Sequence[bytes]) -> bytes:
    return b"[" + b", ".join(told) + b"]"


def _one_too_many(answered: Decoded) -> bytes:
    encoder = answered.encoder
    assert isinstance(encoder, McpEncoder)
    error = InvalidRequest("A batch paints once, and this call is not the first. Call it again.")
    return encoder.message.result(error_result(error))


def _beside(painting: Decoded, others: tuple[bytes, ...]) -> Decoded:
    """What paints, with the answers to the other messages before its own."""
    encoder, delivery = painting.encoder, painting.delivery
    assert isinstance(encoder, McpEncoder)
    assert delivery.tell is not None
    delivery = replace(delivery, tell=_telling(delivery.tell, others))
    return replace(painting, encoder=replace(encoder, others=others), delivery=delivery)


def _telling(tell: Tell, others: tuple[bytes, ...]) -> Tell:
    def told(error: EaselError) -> DirectReply:
        reply = tell(error)
        # A token that is no use is one of the whole request.
        return reply if reply.status != 200 else replace(reply, body=_joined((*others, reply.body)))

    return told
