from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel.dialects import sse
from easel.services.event_stream import EventDecoder


def decode(*chunks: bytes) -> list[str]:
    decoder = EventDecoder()
    events = [event for chunk in chunks for event in decoder.decode(chunk)]
    return events + decoder.flush()


STREAMS = [
    (b"data: one\n\ndata: two\n\n", ["one", "two"]),
    (b"data:one\r\n\r\ndata: two\r\rdata: three", ["one", "two", "three"]),
    (b": comment\nevent: x\nid: 7\ndata: a\ndata:  b\n\n\n\n", ["a\n b"]),
    ("\ufeffdata: 一只猫\n\n".encode(), ["一只猫"]),
    (b"data\n\n", [""]),
    (b"data: cut off in the mid", ["cut off in the mid"]),
    (b"data: \xe4\xb8", ["\ufffd"]),
    (b"event: nothing\n\n", []),
    (b"", []),
]


@pytest.mark.parametrize(("stream", "events"), STREAMS)
def test_a_stream_means_the_same_whole_and_byte_by_byte(stream: bytes, events: list[str]) -> None:
    assert decode(stream) == events
    assert decode(*(stream[at : at + 1] for at in range(len(stream)))) == events


@given(st.data())
def test_a_stream_means_the_same_however_it_is_cut(data: st.DataObject) -> None:
    line = st.sampled_from(["data: a", "data:猫", "data", "event: x", ": c", "", "", "odd"])
    lines = data.draw(st.lists(line, max_size=12))
    ends = data.draw(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=len(lines)))
    stream = "".join(a + b for a, b in zip(lines, ends, strict=False)).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in pairwise(edges)]
    assert decode(*chunks) == decode(stream)


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"), min_size=1), max_size=5))
def test_what_is_encoded_is_decoded(texts: list[str]) -> None:
    try:
        stream = b"".join(sse.encode_event(text.encode()) for text in texts)
    except UnicodeEncodeError:
        return
    assert decode(stream) == texts


def test_a_comment_between_events_changes_nothing() -> None:
    event = sse.encode_event(b"{}")
    assert decode(event + sse.encode_comment("a comment: of words") + sse.DONE) == ["{}", "[DONE]"]


def test_keep_alives_between_events_change_nothing() -> None:
    event = sse.encode_event(b"{}")
    assert decode(sse.KEEP_ALIVE * 3 + event + sse.KEEP_ALIVE + sse.DONE) == ["{}", "[DONE]"]
