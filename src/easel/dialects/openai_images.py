"""OpenAI's images API: generations, edits, variations, and tasks that are asked for later.

In: a JSON body, or the fields of a multipart form. Out: the `ImageRequest` it asks for, and the
answer's bytes around the pictures; `InvalidRequest` for a field that is illegal or unknown.
Sources: OpenAI's API reference, "Images", read 2026-11; seeds 001, 002 and 003 for what goes
beyond it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from easel.dialects import image_fields, openai_errors, sse
from easel.dialects.body import FormField, read_json, read_texts
from easel.dialects.encoder import Opened, Stamp, filter_notes, told, told_of
from easel.dialects.image_fields import ExtraBody, ImageFields
from easel.errors import EaselError, InvalidRequest, SurplusPictures
from easel.images.blobs import NO_LONG_TEXTS, LongTexts
from easel.images.request import MAX_PICTURES, ImageRequest, InputImage, Task, read_file, read_image
from easel.images.result import ImageResult, Picture
from easel.images.shape import read_shape
from easel.images.task_id import handed_out


class _Body(ImageFields):
    # An unknown field would be dropped in silence, and the picture be paid for all the same.
    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    prompt: str = ""
    n: Annotated[int, Field(ge=1, le=MAX_PICTURES)] | None = None
    response_format: Literal["url", "b64_json"] | None = None
    stream: bool | None = None
    # Who asks, for OpenAI's own abuse checks: it goes to no service.
    user: str | None = None
    safety_identifier: str | None = None


_TEXT_FIELDS: Final = frozenset(
    field.alias or name
    for name, field in _Body.model_fields.items()
    if name not in image_fields.PICTURES
)


@dataclass(frozen=True, slots=True)
class ImagesRequest:
    """A request for pictures. `base64` is whether the pictures themselves are asked for."""

    image: ImageRequest
    base64: bool
    stream: bool


def _request(
    body: _Body,
    task: Task,
    pictures: tuple[tuple[InputImage, ...], InputImage | None],
    default_model: str,
    long_texts: LongTexts = NO_LONG_TEXTS,
) -> ImagesRequest:
    """`pictures` are those to paint from, and the mask."""
    images, mask = pictures
    if task is not Task.VARY and not body.prompt.strip():
        raise InvalidRequest("prompt: must say what to paint.", param="prompt")
    if task is not Task.GENERATE and not images:
        raise InvalidRequest("image: must hold the picture to start from.", param="image")
    if task is Task.VARY and body.prompt.strip():
        raise InvalidRequest(
            "prompt: a variation is painted from the picture alone; use /v1/images/edits.",
            param="prompt",
        )
    image = ImageRequest(
        body.model or default_model,
        body.prompt,
        read_shape(body.size, body.aspect_ratio, body.resolution),
        task,
        body.n or 1,
        images,
        mask,
        image_fields.options(body, long_texts),
        bool(body.asynchronous),
        image_fields.names(body),
    )
    if image.asynchronous and (body.stream or body.response_format == "b64_json"):
        raise InvalidRequest(
            "async: a task tells addresses when it is done; it has no stream and no b64_json.",
            param="async",
        )
    if body.stream and body.response_format == "url":
        raise InvalidRequest(
            "response_format: a stream carries the pictures themselves.", param="response_format"
        )
    # Seed 002 says url where nothing is said. A stream has no other form than base64.
    base64 = body.response_format == "b64_json" or bool(body.stream)
    return ImagesRequest(image, base64, bool(body.stream))


def decode_json(
    body: bytes, default_model: str, long_texts: LongTexts = NO_LONG_TEXTS
) -> ImagesRequest:
    """What `POST /v1/images/generations` asks for. Raises InvalidRequest and BodyTooLarge."""
    parsed = image_fields.with_long_texts(read_json(_Body, body, long_texts=long_texts), long_texts)
    images = image_fields.pictures(parsed, long_texts)
    mask = image_fields.mask(parsed, long_texts)
    task = Task.EDIT if images else Task.GENERATE
    return _request(parsed, task, (images, mask), default_model, long_texts)


def decode_form(fields: Sequence[FormField], task: Task, default_model: str) -> ImagesRequest:
    """What `POST /v1/images/edits` or `/variations` asks for. Raises InvalidRequest."""
    texts: dict[str, Any] = {}
    images: list[InputImage] = []
    masks: list[InputImage] = []
    for field in fields:
        name = field.name.removesuffix("[]")
        if name in image_fields.PICTURES:
            content = field.content
            image = (
                read_image(field.text or "", name) if content is None else read_file(content, name)
            )
            (images if name == "image" else masks).append(image)
        elif name in texts:
            raise InvalidRequest(f"{name}: can only be given once.", param=name)
        elif field.text is None and name in _TEXT_FIELDS:
            raise InvalidRequest(f"{name}: must be a text, not a file.", param=name)
        elif name == "extra_body":
            texts[name] = read_json(ExtraBody, (field.text or "").encode(), name)
        else:
            # A file of another name is refused by its name.
            texts[name] = field.text
    if len(masks) > 1:
        raise InvalidRequest("mask: there can be only one.", param="mask")
    parsed = read_texts(_Body, texts)
    pictures = tuple(images), masks[0] if masks else None
    return _request(parsed, task, pictures, default_model)


@dataclass(frozen=True, slots=True)
class ImagesEncoder:
    """The answer to a request for pictures; an `easel.dialects.encoder.Encoder`.

    `task` is what was asked; a stream's events are named after it.
    """

    base64: bool
    stream: bool
    task: Task
    stamp: Stamp
    task_prefix: str = ""

    @property
    def said(self) -> None:
        """Whoever asks here asks for a picture."""

    @property
    def content_type(self) -> str:
        return openai_errors.content_type(stream=self.stream)

    @property
    def pause(self) -> bytes:
        """Each picture of a stream is an event of its own."""
        return sse.KEEP_ALIVE

    def carries_pictures(self, result: ImageResult) -> bool:
        """Also where only addresses were asked for, and the service has none for a picture."""
        return self.base64 or any(picture.url is None for picture in result.pictures)

    def opening(self, result: ImageResult) -> bytes:
        if self.stream or not self.carries_pictures(result):
            return b""
        return f'{{"created": {self.stamp.created}, "data": ['.encode()

    def around(self, index: int, opened: Opened) -> tuple[bytes, bytes]:
        if self.stream:
            return self._event_around(opened)
        comma = ", " if index else ""
        start = '"b64_json": "' if self.base64 else f'"url": "data:{opened.mime_type};base64,'
        rest = _revised(opened.picture)
        tail = f'", {json.dumps(rest)[1:]}' if rest else '"}'
        return f"{comma}{{{start}".encode(), tail.encode()

    def _event_around(self, opened: Opened) -> tuple[bytes, bytes]:
        kind = "image_edit" if self.task is Task.EDIT else "image_generation"
        rest = {
            "created_at": self.stamp.created,
            "size": str(opened.size) if opened.size else "auto",
            "quality": "auto",
            "background": "auto",
            "output_format": opened.mime_type.removeprefix("image/"),
            "usage": _NO_USAGE,
            **_revised(opened.picture),
            **told_of(opened),
        }
        head = f'event: {kind}.completed\ndata: {{"type": "{kind}.completed", "b64_json": "'
        tail = f'", {json.dumps(rest)[1:]}'
        return head.encode(), tail.encode() + sse.EVENT_END

    def closing(
        self, result: ImageResult, failures: Sequence[EaselError], *, carried: bool
    ) -> bytes:
        if self.stream:
            return b"".join(map(_told, failures)) + sse.DONE
        faults = [openai_errors.error_fields(failure) for failure in failures]
        rest = self._rest(result)
        if faults:
            rest["errors"] = faults
        if carried:
            return b"]" + (b", " + json.dumps(rest).encode()[1:] if rest else b"}")
        data = [{"url": picture.url, **_revised(picture)} for picture in result.pictures]
        return json.dumps({"created": self.stamp.created, "data": data, **rest}).encode()

    def _rest(self, result: ImageResult) -> dict[str, object]:
        rest: dict[str, object] = {}
        sizes = {picture.size for picture in result.pictures}
        if len(sizes) == 1 and (size := sizes.pop()):
            rest["size"] = str(size)
        if result.task_id is not None:
            rest["task_id"] = self.task_prefix + handed_out(result.task_id, result.task_issuer)
            rest["task_status"] = result.task_status
        if result.content_filter:
            rest["content_filter"] = filter_notes(result.content_filter)
        if result.failure is not None:
            rest["error"] = openai_errors.error_fields(result.failure)
        return {**rest, **told(result.pictures)}

    def late_error(self, error: EaselError) -> bytes:
        return openai_errors.late_error(error, stream=self.stream)


_NO_USAGE: Final = {
    "input_tokens": 0,
    "output_tokens": 0,
    "total_tokens": 0,
    "input_tokens_details": {"image_tokens": 0, "text_tokens": 0},
}


def _told(failure: EaselError) -> bytes:
    """A failure in a stream. OpenAI's clients raise what they read there, and where nothing is
    missing they should not.
    """
    if isinstance(failure, SurplusPictures):
        return sse.encode_comment(failure.message)
    return sse.encode_event(json.dumps({"error": openai_errors.error_fields(failure)}).encode())


def _revised(picture: Picture) -> dict[str, str]:
    return {"revised_prompt": picture.revised_prompt} if picture.revised_prompt else {}
