"""How effects and their outcomes cross the border to JavaScript.

Out: effects as JSON, for `js/interpreter.js`. In: what came of a job, as JSON, a text,
and at the most one object that Python keeps as it is.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from pyodide.ffi import JsException

from easel.dialects.body import (
    MAX_DEPTH,
    MAX_PARTS,
    MAX_TEXT_BYTES,
    MAX_VALUES,
    FormField,
    body_error,
)
from easel.effects import (
    Begin,
    CheckRate,
    CloseAnswer,
    ClosePicture,
    Complain,
    DeleteStored,
    Effect,
    Hold,
    Job,
    KeepAlive,
    KeepPicture,
    KeepUploads,
    OpenAddress,
    OpenBase64,
    OpenCopy,
    OpenStored,
    ReadForm,
    ReadJson,
    ReleaseUploads,
    Seal,
    Send,
    Start,
    StorePicture,
    Unseal,
    Write,
    WritePicture,
)
from easel.foreign_json import parse_json
from easel.images.blobs import NO_LONG_TEXTS, Blob, LongTexts
from easel.images.sniffing import SNIFFED_BYTES
from easel.life import Asset, BrokenOff, End, Ending, Over, PassedOn, Reply
from easel.outcomes import (
    Allowed,
    Failed,
    FormBody,
    JsonBody,
    Kept,
    KeptPicture,
    OpenedBody,
    Outcome,
    Sealed,
    Stored,
    Unsealed,
)
from easel.services.wire import (
    LONG_TEXT,
    MAX_ANSWER_BYTES,
    HttpRequest,
    HttpResponse,
    LongText,
    ReadOn,
    Recall,
    Remember,
    Wait,
)
from easel.settings import Settings, form_limit


def shell_limits(settings: Settings) -> str:
    """What of everything may be read, held and waited for, in bytes and milliseconds, as JSON."""
    return json.dumps(
        {
            "requestBytes": settings.max_request_bytes,
            "inputBytes": settings.max_input_bytes,
            "formBytes": form_limit(settings),
            "textBytes": MAX_TEXT_BYTES,
            "values": MAX_VALUES,
            "depth": MAX_DEPTH,
            "parts": MAX_PARTS,
            "answerTextBytes": MAX_ANSWER_BYTES,
            "sniffedBytes": SNIFFED_BYTES,
            "longTextMark": LONG_TEXT,
            "upload": _times(settings.upload_stall_seconds, settings.upload_timeout_seconds),
            "download": _times(settings.picture_stall_seconds, settings.picture_timeout_seconds),
        }
    )


def _times(stall_seconds: float, total_seconds: float) -> dict[str, float]:
    return {"stallMs": stall_seconds * 1000, "totalMs": total_seconds * 1000}


# --- Out. ---


def _pieces(request: HttpRequest) -> list[object] | None:
    """A body as texts, and as pictures that JavaScript has or makes of base64."""
    if request.body is None:
        return None
    pieces: list[object] = []
    written = 0
    for insert in request.inserts:
        pieces.append(request.body[written : insert.at].decode())
        source = insert.blob.source
        held = (
            {"content": b64encode(source).decode()}
            if isinstance(source, bytes)
            else {"upload": source}
        )
        pieces.append({**held, "asBase64": insert.base64})
        written = insert.at
    pieces.append(request.body[written:].decode())
    return pieces


def _send(job: Send) -> dict[str, object]:
    request = job.request
    return {
        "do": "send",
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": _pieces(request),
        "bytes": request.max_answer_bytes,
        "ms": job.seconds * 1000,
    }


def _open_base64(job: OpenBase64) -> dict[str, object]:
    if isinstance(job.base64, LongText):
        return {"do": "openEmbedded", "answer": job.base64.answer, "number": job.base64.number}
    return {"do": "openText", "text": job.base64}


_JOBS: Final[dict[type, Callable[[Any], dict[str, object]]]] = {
    CheckRate: lambda job: {"do": "checkRate", "keyNumber": job.key_number},
    ReadJson: lambda job: {"do": "readJson", "mark": job.mark},
    ReadForm: lambda _: {"do": "readForm"},
    Send: _send,
    ReadOn: lambda job: {"do": "readOn", "answer": job.response.rest},
    Wait: lambda job: {"do": "wait", "ms": job.seconds * 1000},
    Recall: lambda job: {"do": "recall", "name": job.name},
    Remember: lambda job: {
        "do": "remember",
        "name": job.name,
        "text": job.text,
        "until": job.until,
    },
    OpenAddress: lambda job: {"do": "openAddress", "url": job.url, "seal": job.seal},
    OpenBase64: _open_base64,
    Seal: lambda job: {"do": "seal", "texts": job.texts},
    Unseal: lambda job: {"do": "unseal", "sealed": job.sealed},
    KeepPicture: lambda job: {
        "do": "keepPicture",
        "picture": job.picture,
        "bytes": job.max_bytes,
    },
    StorePicture: lambda job: {
        "do": "storePicture",
        "picture": job.picture,
        "storeKey": job.key,
        "type": job.mime_type,
        "seconds": job.seconds,
        "bytes": job.max_bytes,
        "stays": job.stays,
    },
    OpenStored: lambda job: {"do": "openStored", "storeKey": job.key},
    OpenCopy: lambda job: {"do": "openCopy", "url": job.url},
    DeleteStored: lambda job: {
        "do": "deleteStored",
        "storeKey": job.key,
        "seconds": job.seconds,
        "url": job.url,
    },
    WritePicture: lambda job: {
        "do": "writePicture",
        "picture": job.picture,
        "head": job.head.decode(),
        "tail": job.tail.decode(),
        "bytes": job.max_bytes,
        "keep": job.keep,
    },
    Write: lambda job: {"do": "write", "piece": job.piece.decode()},
}


def _start(effect: Start) -> dict[str, object]:
    return {**_JOBS[type(effect.job)](effect.job), "key": effect.key}


def _reply(reply: Reply) -> dict[str, object]:
    content = (
        {"asset": reply.body.value}
        if isinstance(reply.body, Asset)
        else {"body": reply.body.decode() if reply.body else None}
    )
    return {
        "do": "reply",
        "status": reply.status,
        "headers": reply.headers,
        "log": reply.log,
        **content,
    }


def _ending(ending: Ending) -> dict[str, object]:
    return {
        "do": "end",
        "begin": None if ending.begin is None else _begin(ending.begin),
        "head": ending.head.decode(),
        "picture": ending.picture,
        "tail": ending.tail.decode(),
        "bytes": ending.max_bytes,
        "errorCode": ending.error_code,
        "goesOn": ending.afterwards is not None,
    }


def _passed_on(passed: PassedOn) -> dict[str, object]:
    return {
        "do": "passOn",
        "status": passed.status,
        "headers": passed.headers,
        "log": passed.log,
        "picture": passed.picture,
        "start": passed.start,
        "end": passed.end,
        "bytes": passed.max_bytes,
        "copy": passed.copy,
        "copySeconds": passed.copy_seconds,
    }


def _begin(begin: Begin) -> dict[str, object]:
    return {"do": "begin", "headers": begin.headers, "log": begin.log}


_EFFECTS: Final[dict[type, Callable[[Any], dict[str, object]]]] = {
    Start: _start,
    Hold: lambda effect: {"do": "hold", "ms": effect.seconds * 1000},
    Begin: _begin,
    KeepAlive: lambda effect: {
        "do": "keepAlive",
        "piece": effect.piece.decode(),
        "ms": effect.seconds * 1000,
        "first": effect.first.decode(),
        "tail": None if effect.tail is None else effect.tail.decode(),
        "number": effect.number,
        "step": effect.step,
    },
    KeepUploads: lambda effect: {
        "do": "keepUploads",
        "ms": effect.seconds * 1000,
        "sentOnce": effect.sent_once,
    },
    ReleaseUploads: lambda _: {"do": "releaseUploads"},
    CloseAnswer: lambda effect: {"do": "closeAnswer", "answer": effect.answer},
    ClosePicture: lambda effect: {"do": "closePicture", "picture": effect.picture},
    Reply: _reply,
    Ending: _ending,
    PassedOn: _passed_on,
    BrokenOff: lambda _: {"do": "breakOff"},
    Complain: lambda effect: {"do": "complain", "words": effect.words},
    Over: lambda _: {"do": "over"},
}


def encode(effects: Sequence[Effect | End | Over]) -> str:
    """Effects as JSON."""
    return json.dumps([_EFFECTS[type(effect)](effect) for effect in effects])


# --- In. ---

# Far above a form's, which is the longest.
_TOLD_BYTES: Final = 256 * 1024 * 1024
_TOLD_DEPTH: Final = 4


def outcome_of(job: Job | None, told: str, content: Any, long_texts: Any) -> Outcome:
    """What came of a job; None for a hold that is over."""
    fields = parse_json(told.encode(), max_bytes=_TOLD_BYTES, max_depth=_TOLD_DEPTH) if told else {}
    if "failed" in fields:
        return Failed(fields["failed"])
    read = _OUTCOMES.get(type(job))
    return None if read is None else read(job, fields, content, long_texts)


def _bytes(content: Any) -> bytes:
    """JSON as it came: a text, or an array of bytes where it is none."""
    found: bytes = content.encode() if isinstance(content, str) else content.to_bytes()
    return found


def _json_body(job: ReadJson, _: dict[str, Any], content: Any, long_texts: Any) -> JsonBody:
    return JsonBody(_bytes(content), _long_texts(job.mark, long_texts))


def _long_texts(mark: str, texts: Any) -> LongTexts:
    """The long texts of a body; `texts` is None where it has none."""
    if texts is None:
        return NO_LONG_TEXTS

    def read(number: int) -> str:
        try:
            text: str = texts.text(number)
        except JsException as error:
            raise body_error(error.name, 0) from None
        return text

    def decode(number: int) -> Blob | None:
        try:
            upload: int | None = texts.upload(number)
        except JsException as error:
            raise body_error(error.name, 0) from None
        return None if upload is None else Blob(texts.head(upload).to_bytes(), upload)

    def find_picture(number: int) -> int | None:
        try:
            found: int | None = texts.picture(number)
        except JsException as error:
            raise body_error(error.name, 0) from None
        return found

    return LongTexts(mark, read, decode, texts.free, find_picture)


def _form_body(_: ReadForm, fields: dict[str, Any], *__: Any) -> FormBody:
    return FormBody(tuple(_form_field(field) for field in fields["fields"]))


def _form_field(field: dict[str, Any]) -> FormField:
    if "text" in field:
        return FormField(field["name"], field["text"])
    return FormField(field["name"], None, _upload(field))


def _upload(fields: dict[str, Any]) -> Blob:
    return Blob(b64decode(fields["head"]), fields["upload"])


def _answer(_: Send, fields: dict[str, Any], content: Any, __: Any) -> HttpResponse:
    return HttpResponse(
        fields["status"],
        _bytes(content),
        fields["contentType"],
        fields["retryAfter"],
        **_reading(fields),
    )


def _read_on(job: ReadOn, fields: dict[str, Any], content: Any, __: Any) -> HttpResponse:
    return replace(job.response, body=_bytes(content), **_reading(fields))


def _reading(fields: dict[str, Any]) -> dict[str, Any]:
    """How far an answer has been read."""
    answer = fields["answer"]
    return {
        "long_texts": tuple(LongText(answer, number) for number in range(fields["texts"])),
        "rest": answer if fields["open"] else None,
        "cut": fields["cut"],
    }


def _opened(_: Job, fields: dict[str, Any], content: Any, __: Any) -> OpenedBody:
    first_bytes = bytes.fromhex(content or "")
    return OpenedBody(
        fields["status"],
        fields["location"],
        fields["length"],
        first_bytes,
        fields["picture"],
        fields["sealed"],
        fields["until"],
    )


def _recalled(_: Recall, fields: dict[str, Any], *__: Any) -> HttpResponse:
    text: str = fields["text"]
    return HttpResponse(200, text.encode())


def _sealed(_: Seal, fields: dict[str, Any], *__: Any) -> Sealed:
    return Sealed(tuple(fields["texts"]))


def _stored(_: StorePicture, fields: dict[str, Any], *__: Any) -> Stored:
    return Stored(fields["stored"], fields["reason"])


def _unsealed(_: Unseal, fields: dict[str, Any], *__: Any) -> Unsealed:
    return Unsealed(fields["text"])


_OUTCOMES: Final[dict[type, Callable[..., Outcome]]] = {
    CheckRate: lambda _, fields, *__: Allowed(fields["success"]),
    ReadJson: _json_body,
    ReadForm: _form_body,
    Send: _answer,
    ReadOn: _read_on,
    Recall: _recalled,
    OpenAddress: _opened,
    OpenBase64: _opened,
    WritePicture: lambda job, fields, *_: Kept(fields["kept"]) if job.keep else None,
    Seal: _sealed,
    Unseal: _unsealed,
    KeepPicture: lambda _, fields, *__: KeptPicture(_upload(fields)),
    StorePicture: _stored,
    OpenStored: _opened,
    OpenCopy: _opened,
}
