from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest

from easel.dialects import openai_responses
from easel.dialects.dialect import AnswerOperation, Decoded, Operation, Question
from easel.dialects.responses_encoder import ResponsesEncoder
from easel.errors import EaselError, InvalidRequest, PathNotFound
from easel.hidden_prompts.table import HELLO, ROWS, Where
from easel.images.blobs import NO_LONG_TEXTS, LongTexts, blob
from easel.images.request import Action, ImageRequest, InputImage
from easel.images.shape import Shape
from easel.images.size import Ratio, Size
from easel.settings import Settings
from tests.easel.dialects.incoming import image_of, incoming, text_of

CAT = "https://h/cat.png"
TITLE = "### Task:\nGenerate a concise title\n### Chat History:\n<chat_history>\n</chat_history>"


def decode(
    given: object = "a cat", long_texts: LongTexts = NO_LONG_TEXTS, **fields: Any
) -> Decoded:
    body = {"model": "gemini-3-image-1k", "input": given, **fields}
    return openai_responses.decode(incoming(json.dumps(body).encode(), long_texts))


def painted(given: object = "a cat", **fields: Any) -> ImageRequest:
    return image_of(decode(given, **fields))


def refusal(given: object = "a cat", **fields: Any) -> EaselError:
    with pytest.raises(InvalidRequest) as caught:
        decode(given, **fields)
    assert caught.value.status == 400
    return caught.value


def user(*parts: object) -> dict[str, object]:
    return {"role": "user", "content": list(parts)}


def tool(**fields: object) -> list[dict[str, object]]:
    return [{"type": "image_generation", **fields}]


TEXT = {"type": "input_text", "text": "make it red"}
PICTURE = {"type": "input_image", "image_url": CAT}
PAINTED = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AAAA"}
SAID = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "![image](https://h/p.png)", "annotations": []}],
}


# --- The input. ---


def test_a_text_is_painted() -> None:
    found = painted("a cat")
    assert (found.prompt, found.action, found.name_of("prompt")) == (
        "a cat",
        Action.GENERATE,
        "input",
    )


@pytest.mark.parametrize("item", [user(TEXT), {**user(TEXT), "type": "message"}])
def test_the_last_turn_of_the_user_is_painted(item: dict[str, object]) -> None:
    found = painted([user({"type": "input_text", "text": "a cat"}), PAINTED, SAID, item])
    assert (found.prompt, found.images) == ("make it red", ())
    assert found.name_of("prompt") == "input[3].content"


def test_a_picture_of_the_last_turn_is_edited() -> None:
    found = painted([user(TEXT, PICTURE)])
    assert found.action is Action.EDIT
    assert found.images == (InputImage("input[0].content[1]", CAT),)


def test_parts_that_stand_in_no_message_are_one_turn() -> None:
    found = painted([TEXT, PICTURE])
    assert (found.prompt, [image.url for image in found.images]) == ("make it red", [CAT])


def test_what_a_model_did_before_is_no_turn_of_the_user() -> None:
    call = {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"}
    output = {"type": "function_call_output", "call_id": "1", "output": "2"}
    assert painted([user(TEXT), {"type": "reasoning"}, call, output]).prompt == "make it red"


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ([], "input"),
        ("", "input"),
        ([SAID], "input"),
        ([user(TEXT), "so"], "input[1]"),
        ([{"content": "a cat"}], "input[0].role"),
        ([user({"type": "input_file", "file_url": CAT})], "input[0].content[0]"),
        ([user({"type": "input_image", "file_id": "f"})], "input[0].content[0].file_id"),
        ([user(TEXT), {"type": "item_reference", "id": "ig_1"}], "input[1]"),
        (1, "input"),
    ],
)
def test_what_is_no_turn_is_refused_by_its_place(given: object, param: str) -> None:
    assert refusal(given).param == param


def test_a_reference_is_refused_with_what_to_do() -> None:
    error = refusal([{"type": "item_reference", "id": "ig_1"}, user(TEXT)])
    assert "store: false" in error.message


# --- What Easel would have to remember. ---


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("previous_response_id", "resp_1"),
        ("conversation", "conv_1"),
        ("conversation", {"id": "conv_1"}),
        ("prompt", {"id": "pmpt_1"}),
        ("store", True),
        ("background", True),
    ],
)
def test_memory_is_refused(field: str, value: object) -> None:
    error = refusal(**{field: value})
    assert error.param == field
    assert error.message.startswith(f"{field}: ")


@pytest.mark.parametrize("items", [[PAINTED], [SAID], [PAINTED, SAID]])
def test_an_earlier_response_may_be_named_where_its_items_come_along(items: list[Any]) -> None:
    found = painted([*items, user(TEXT)], previous_response_id="resp_1")
    assert found.prompt == "make it red"


def test_what_means_nothing_to_a_painter_is_tolerated() -> None:
    found = painted(
        instructions="You paint.",
        include=["reasoning.encrypted_content"],
        parallel_tool_calls=False,
        reasoning={"effort": "low"},
        temperature=0.5,
        store=False,
        background=False,
        conversation=None,
        metadata={"a": "b"},
        tool_choice={"type": "image_generation"},
        tools=[{"type": "function", "name": "f"}, {"type": "web_search"}],
        image={"context_compression": "auto"},
        moderation={"model": "omni-moderation-latest"},
        truncation="auto",
        text={"verbosity": "low"},
    )
    assert found == painted()


# --- The tool. ---


def test_the_tool_shapes_the_picture() -> None:
    found = painted(
        tools=tool(
            size="1024x1024",
            quality="high",
            background="transparent",
            output_format="webp",
            output_compression=100,
            moderation="auto",
            partial_images=2,
            n=3,
        )
    )
    assert found.shape.size == Size(1024, 1024)
    assert found.n == 3
    options = found.options
    assert (options.quality, options.background, options.output_format) == (
        "high",
        "transparent",
        "webp",
    )
    assert found.name_of("quality") == "tools[0].quality"
    assert found.shape.fields.size == "tools[0].size"


def test_the_same_fields_may_stand_beside_the_tool() -> None:
    found = painted(aspect_ratio="16:9", n=2, watermark=False, tools=tool(quality="low", n=None))
    assert found.shape.ratio == Ratio(16, 9)
    assert (found.n, found.options.watermark, found.options.quality) == (2, False, "low")
    assert (found.name_of("watermark"), found.shape.fields.ratio) == ("watermark", "aspect_ratio")
    assert found.name_of("n") == "n"


def test_a_mark_of_the_service_is_named_where_it_was_asked_for() -> None:
    found = painted(tools=tool(watermark_enabled=True))
    assert found.name_of("watermark") == "tools[0].watermark_enabled"


def test_auto_leaves_the_choice_to_the_service() -> None:
    found = painted(tools=tool(size="auto", action="auto", model=None))
    assert found.shape == Shape(auto=True, fields=found.shape.fields, words=found.shape.words)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": tool(sise="1")}, "tools[0].sise"),
        ({"tools": [{"type": "function"}, *tool(n=0)]}, "tools[1].n"),
        ({"tools": tool(n=11)}, "tools[0].n"),
        ({"n": 11}, "n"),
        ({"tools": tool(size="large"), "size": "1K"}, "size"),
        ({"tools": tool(size=1)}, "tools[0].size"),
        ({"tools": tool(output_compression=50)}, "tools[0].output_compression"),
        ({"tools": tool(partial_images=4)}, "tools[0].partial_images"),
        ({"tools": tool(moderation="low")}, "tools[0].moderation"),
        ({"tools": tool(extra_body={"a": "b" * 70_000})}, "tools[0].extra_body"),
        ({"extra_body": {"a": "b" * 70_000}}, "extra_body"),
        ({"tools": tool(**{"async": True})}, "tools[0].async"),
        ({"async": True}, "async"),
        ({"tools": tool(image=CAT)}, "tools[0].image"),
        ({"tools": tool(mask=CAT)}, "tools[0].mask"),
        ({"tools": tool(input_image_mask={"file_id": "f"})}, "tools[0].input_image_mask"),
        (
            {"tools": tool(input_image_mask={"image_url": "?"})},
            "tools[0].input_image_mask.image_url",
        ),
        ({"tools": tool(action="edit")}, "tools[0].action"),
        ({"tools": tool(action="paint")}, "tools[0].action"),
        ({"tools": tool(aspect_ratio="1:1", size="16:9")}, "tools[0].aspect_ratio"),
        ({"tools": [*tool(), *tool()]}, "tools"),
        ({"model": ""}, "model"),
        ({"chat_picture": "so"}, "chat_picture"),
    ],
)
def test_an_illegal_field_is_refused_by_its_place(fields: dict[str, Any], param: str) -> None:
    error = refusal(**fields)
    assert error.param == param
    assert error.message.startswith(param)


def test_an_action_agrees_with_the_input() -> None:
    edited = [user(TEXT, PICTURE)]
    assert painted(edited, tools=tool(action="edit")).action is Action.EDIT
    assert painted(tools=tool(action="generate")).action is Action.GENERATE
    assert refusal(edited, tools=tool(action="generate")).param == "tools[0].action"
    # Of a turn in several messages all counts.
    assert refusal([user(TEXT), user(PICTURE)], tools=tool(action="generate")).param is not None
    several = [user(TEXT), user(PICTURE)]
    assert painted(several, tools=tool(action="edit")).action is Action.EDIT


def test_a_mask_comes_with_the_tool() -> None:
    found = painted([user(TEXT, PICTURE)], tools=tool(input_image_mask={"image_url": CAT}))
    assert found.mask == InputImage("tools[0].input_image_mask.image_url", CAT)


@pytest.mark.parametrize(
    ("fields", "painter", "shown"),
    [
        ({}, "gemini-3-image-1k", "gemini-3-image-1k"),
        ({"tools": tool(model="flux")}, "flux", "gemini-3-image-1k"),
        ({"model": None, "tools": tool(model="flux")}, "flux", "flux"),
        ({"model": None}, "gemini-3-pro-image-preview", "gemini-3-pro-image-preview"),
    ],
)
def test_the_tools_model_paints_where_it_has_one(
    fields: dict[str, Any], painter: str, shown: str
) -> None:
    decoded = decode(**fields)
    assert (decoded.model, image_of(decoded).model) == (painter, painter)
    assert isinstance(decoded.encoder, ResponsesEncoder)
    assert decoded.encoder.model == shown


# --- How it is answered. ---


def encoder_of(settings: Settings | None = None, **fields: Any) -> ResponsesEncoder:
    body = json.dumps({"model": "m", "input": "a cat", **fields}).encode()
    encoder = openai_responses.decode(incoming(body, settings=settings)).encoder
    assert isinstance(encoder, ResponsesEncoder)
    return encoder


def test_a_picture_becomes_a_link_where_the_deployment_or_the_request_says_so() -> None:
    assert not encoder_of().links
    assert encoder_of(chat_picture="link").links
    linking = Settings(chat_picture="link")
    assert encoder_of(linking).links
    assert not encoder_of(linking, chat_picture="images").links


def test_a_picture_is_announced_only_where_it_cannot_become_a_link() -> None:
    assert encoder_of(stream=True).announces
    assert not encoder_of(chat_picture="link").announces
    assert not encoder_of(Settings(max_inline_bytes=1_000_000)).announces


# --- Hidden prompts. ---


def phrase_of(where: Where) -> str:
    """What a client asks by itself, and what no person does."""
    row = next(row for row in ROWS if row.where is where and row.starts[0] and not row.user)
    return f"{row.starts[0]} {row.holds}"


@pytest.mark.parametrize(
    "given",
    [
        "hi",
        [{"role": "user", "content": "hi"}],
        [{"role": "system", "content": "so"}, user({"type": "input_text", "text": "hi"})],
    ],
)
def test_a_check_of_the_connection_is_answered_with_a_text(given: object) -> None:
    assert text_of(decode(given)) == HELLO


def test_a_hello_in_a_conversation_is_painted() -> None:
    assert painted([SAID, {"role": "user", "content": "hi"}]).prompt == "hi"
    assert painted([user({"type": "input_text", "text": "hi"}, PICTURE)]).prompt == "hi"


def test_a_title_is_told_from_a_picture() -> None:
    assert text_of(decode(TITLE)) is not None
    last = {"role": "developer", "content": phrase_of(Where.ASKED)}
    assert text_of(decode([user(TEXT), last])) is not None


def test_an_answer_that_must_fit_a_schema_is_no_picture() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    found = decode(text={"format": {"type": "json_schema", "name": "t", "schema": schema}})
    assert json.loads(text_of(found) or "") == {"title": "a cat"}
    assert text_of(decode(text={"format": {"type": "json_schema", "name": "t"}})) is not None
    assert text_of(decode(text={"format": {"type": "text"}})) is None


def test_instructions_tell_a_hidden_prompt_too() -> None:
    assert text_of(decode("a cat", instructions=phrase_of(Where.SYSTEM))) is not None


def test_a_deployment_may_have_it_painted() -> None:
    body = json.dumps({"model": "m", "input": "hi"}).encode()
    settings = Settings(answer_hidden_prompts=False)
    assert image_of(openai_responses.decode(incoming(body, settings=settings))).prompt == "hi"


# --- The picture before. ---


def picture_before(*items: object, **fields: Any) -> InputImage | None:
    """The picture before a turn in words, after these items."""
    find = decode([user({"type": "input_text", "text": "a cat"}), *items, user(TEXT)], **fields)
    assert find.previous is not None
    return find.previous()


def result(base64: str) -> dict[str, object]:
    return {**PAINTED, "result": base64}


PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
PNG_64 = b64encode(PNG).decode()


@pytest.mark.parametrize(
    "items", [[result(PNG_64)], [result(PNG_64), SAID], [SAID, result(PNG_64)]]
)
def test_what_a_call_painted_is_the_picture_before_and_goes_before_a_link(
    items: list[object],
) -> None:
    found = picture_before(*items)
    assert found is not None
    assert (found.param.endswith(".result"), found.content) == (True, blob(PNG))


@pytest.mark.parametrize("item", [{**PAINTED, "result": None}, {"type": "reasoning", "result": 1}])
def test_without_a_result_there_is_the_link_of_the_message(item: dict[str, object]) -> None:
    assert picture_before(item, SAID) == InputImage("input[2].content", "https://h/p.png")
    assert picture_before(item) is None


def test_a_picture_that_the_user_sent_since_goes_first() -> None:
    assert picture_before(result(PNG_64), user(TEXT, PICTURE)) == InputImage(
        "input[2].content[1]", CAT
    )


@pytest.mark.parametrize("fields", [{"edit_previous": False}, {"tools": tool(action="generate")}])
def test_whoever_wants_no_edit_has_no_picture_before(fields: dict[str, Any]) -> None:
    assert decode([user(TEXT), result(PNG_64), user(TEXT)], **fields).previous is None
    assert decode([user(TEXT)]).previous is None


def test_an_edit_that_is_asked_for_paints_from_the_picture_before_with_any_service() -> None:
    edits = {"tools": tool(action="edit")}
    found = painted([user(TEXT), result(PNG_64), user(TEXT)], **edits)
    assert (found.action, [image.content for image in found.images]) == (Action.EDIT, [blob(PNG)])
    (own,) = painted([user(TEXT), result(PNG_64), user(TEXT, PICTURE)], **edits).images
    assert own.url == CAT
    for items in ([user(TEXT), user(TEXT)], [user(TEXT)]):
        assert "edit needs a picture" in refusal(items, **edits).message
    assert refusal([user(TEXT), result("AAAA"), user(TEXT)], **edits).param == "input[1].result"


@pytest.mark.parametrize("operation", openai_responses.OPERATIONS[1:], ids=lambda each: each.name)
def test_no_response_is_kept(operation: Operation) -> None:
    assert isinstance(operation, AnswerOperation)
    with pytest.raises(PathNotFound, match="Easel keeps no responses"):
        operation.answer(Question("", lambda: (), lambda: ("", "")))
