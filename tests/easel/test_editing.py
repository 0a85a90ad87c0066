"""Turns that go on from the picture before, as whole lives of requests."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest

from easel.effects import (
    Begin,
    ClosePicture,
    KeepAlive,
    KeepPicture,
    KeepUploads,
    OpenAddress,
    ReleaseUploads,
    Send,
    Unseal,
)
from easel.errors import BodyTooLarge
from easel.images.blobs import NO_LONG_TEXTS, Blob, LongTexts
from easel.images.links import Link, write_link
from easel.outcomes import HELD, Failed, KeptPicture, OpenedBody, Sealed, Unsealed
from easel.services.wire import HttpRequest, HttpResponse, Wait
from tests.easel.flows import json_answer
from tests.easel.life import NONCE, PNG, Played, deployment, head, json_body, opened, play

GEEKAI, ZHAOTOU = "geekai/gpt-image-1", "flux-kontext"
DATA = f"data:image/png;base64,{b64encode(PNG).decode()}"
LINK = "https://static.geekai.co/image/1.png"
FOREIGN = "https://elsewhere.example/1.png"
KEPT = Blob(PNG, 5)  # A picture that the shell knows as its fifth.
EDITED = "This edits the picture before."


def talk(picture: str | None = DATA, prompt: str = "make it red") -> list[dict[str, Any]]:
    answer = "Which cat?" if picture is None else f"![image]({picture})"
    return [
        {"role": "user", "content": "a cat"},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": prompt},
    ]


def asks(
    model: str,
    messages: list[dict[str, Any]],
    long_texts: LongTexts = NO_LONG_TEXTS,
    *,
    variables: Mapping[str, str] | None = None,
    **fields: Any,
) -> Played:
    body = {"model": model, "messages": messages, "chat_picture": "link", **fields}
    life = play(head("POST", "/v1/chat/completions"), deployment(variables=variables))
    life.tell(json_body(body, long_texts))
    return life


def sent(life: Played) -> HttpRequest:
    return life.job(Send).request


def painted_from(request: HttpRequest) -> list[Blob]:
    return [insert.blob for insert in request.inserts]


def remark(life: Played) -> str:
    """What the answer tells beside its link, once the service has painted."""
    url = "https://h/painted.png"
    life.tell(json_answer({"data": [{"url": url}]}))
    content: str = json.loads(life.ending.head)["choices"][0]["message"]["content"]
    return content.removeprefix(f"![image]({url})").strip()


@pytest.mark.parametrize("model", [GEEKAI, ZHAOTOU])
def test_a_turn_without_a_picture_edits_the_picture_before_and_tells_it(model: str) -> None:
    life = asks(model, talk())
    (blob,) = painted_from(sent(life))
    assert blob.source == PNG
    assert life.wants(KeepUploads).sent_once
    assert "start a new chat" in remark(life)


@pytest.mark.parametrize(
    "model",
    [
        "gemini-3-image-1k",
        "glm-image",
        "flux-2.0",
        "geekai/dall-e-3",
        "geekai/seedream-3.0",
        "zhaotou/x",
    ],
)
def test_a_model_that_does_not_edit_in_conversations_does_not_look_for_it(model: str) -> None:
    life = asks(model, talk(), LongTexts("mark", str, lambda _: None, lambda: None))
    assert painted_from(sent(life)) == []
    assert not [each for each in life.wanted if isinstance(each, KeepUploads | ReleaseUploads)]


@pytest.mark.parametrize("fields", [{}, {"edit_previous": True}, {"edit_previous": False}])
@pytest.mark.parametrize("variable", ["true", "false"])
def test_a_request_or_a_deployment_may_say_no(fields: dict[str, Any], variable: str) -> None:
    life = asks(GEEKAI, talk(), variables={"EDIT_PREVIOUS": variable}, **fields)
    edits = fields.get("edit_previous", variable == "true")
    assert bool(painted_from(sent(life))) == edits
    assert (EDITED in remark(life)) == edits


def test_a_turn_with_a_picture_of_its_own_is_painted_from_that_alone() -> None:
    own = b64encode(PNG + b"own").decode()
    life = asks(GEEKAI, talk(), image=own)
    (blob,) = painted_from(sent(life))
    assert blob.source == PNG + b"own"
    assert remark(life) == ""


def test_without_a_picture_before_nothing_is_told() -> None:
    life = asks(GEEKAI, talk(None))
    assert painted_from(sent(life)) == []
    assert remark(life) == ""


def keeping(long_picture: Blob | None) -> LongTexts:
    """The shell's texts, of which the first is a picture, or was not kept."""

    def decode(number: int) -> Blob | None:
        if long_picture is None:
            raise BodyTooLarge(f"{number} was not kept")
        return long_picture

    return LongTexts(f"easel:{NONCE}:", str, decode, lambda: None)


def test_a_long_picture_stays_out_of_python() -> None:
    life = asks(GEEKAI, talk(f"easel:{NONCE}:0"), keeping(KEPT))
    assert painted_from(sent(life)) == [KEPT]


@pytest.mark.parametrize(
    ("picture", "texts", "why"),
    [
        (f"easel:{NONCE}:0", keeping(None), "too large, or too far back"),
        ("data:image/png;base64,AAAA", NO_LONG_TEXTS, "no picture that Easel can read"),
        ("/files/1.png", NO_LONG_TEXTS, "no picture that Easel can read"),
        (FOREIGN, NO_LONG_TEXTS, "does not open links to its host"),
        ("http://static.geekai.co/1.png", NO_LONG_TEXTS, "does not open links"),
        ("https://static.geekai.co.evil.example/1.png", NO_LONG_TEXTS, "does not open links"),
        ("https://user@static.geekai.co/1.png", NO_LONG_TEXTS, "does not open links"),
        ("https://10.0.0.1/1.png", NO_LONG_TEXTS, "does not open links"),
    ],
)
@pytest.mark.parametrize("model", [GEEKAI, ZHAOTOU])
def test_a_picture_before_that_cannot_be_used_stops_nothing_and_is_told(
    model: str, picture: str, texts: LongTexts, why: str
) -> None:
    life = asks(model, talk(picture), texts)
    assert painted_from(sent(life)) == []
    assert picture.encode() not in (sent(life).body or b"")
    told = remark(life)
    assert told.startswith("(The picture before was not used: ")
    assert why in told


def test_geekai_opens_a_link_itself() -> None:
    life = asks(GEEKAI, talk(LINK))
    assert json.loads(sent(life).body or b"")["image"] == LINK
    assert EDITED in remark(life)


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        ("https://z-ai-audio.oss-cn-hongkong.aliyuncs.com/1.png", {}),
        ("https://aigc-files.bigmodel.cn/1.png", {}),
        ("https://zhaotouai.com/1.png", {}),
        ("https://cdn.zhaotouai.com/1.png", {}),
        ("https://a.cdn.example/1.png", {"PICTURE_HOSTS": "cdn.example"}),
        ("http://127.0.0.1:9001/1.png", {"ZHAOTOU_BASE_URL": "http://127.0.0.1:9000/v1"}),
    ],
)
def test_links_to_the_services_own_hosts_are_followed(
    url: str, variables: Mapping[str, str]
) -> None:
    life = asks(GEEKAI, talk(url), variables=variables)
    assert json.loads(sent(life).body or b"")["image"] == url


@pytest.mark.parametrize(
    ("url", "variables"),
    [
        ("http://cdn.example/1.png", {"PICTURE_HOSTS": "cdn.example"}),
        ("https://10.0.0.1/1.png", {"PICTURE_HOSTS": "10.0.0.1"}),
        ("http://zhaotouai.com/1.png", {}),
        ("https://127.0.0.1/1.png", {"ZHAOTOU_BASE_URL": "https://127.0.0.1/v1"}),
    ],
)
def test_a_link_is_followed_inside_and_in_the_clear_only_where_a_service_is_reached_so(
    url: str, variables: Mapping[str, str]
) -> None:
    life = asks(GEEKAI, talk(url), variables=variables)
    assert "image" not in json.loads(sent(life).body or b"")


def test_what_would_be_no_legal_edit_is_painted_from_words_alone_and_told() -> None:
    life = asks(ZHAOTOU, talk(), quality="hd")
    assert painted_from(sent(life)) == []
    life.wants(ReleaseUploads)
    assert "quality: flux-kontext does not support this" in remark(life)


def test_a_mask_goes_with_the_picture_before() -> None:
    life = asks(GEEKAI, talk(), mask=b64encode(PNG + b"mask").decode())
    picture, mask = painted_from(sent(life))
    assert (picture.source, mask.source) == (PNG, PNG + b"mask")


@pytest.mark.parametrize(
    ("status", "tells"), [(400, True), (413, True), (401, False), (500, False)]
)
def test_who_is_refused_because_of_the_picture_before_is_told_that_it_went_along(
    status: int, *, tells: bool
) -> None:
    life = asks(GEEKAI, talk())
    life.tell(HttpResponse(status, b"{}", "application/json"))
    assert isinstance(life.reply.body, bytes)
    message = json.loads(life.reply.body)["error"]["message"]
    assert message.endswith("start a new chat.") == tells


# --- A link whose picture itself is needed. ---


def test_zhaotou_gets_the_picture_that_a_link_leads_to() -> None:
    life = asks(ZHAOTOU, talk(LINK))
    assert life.job(OpenAddress).url == LINK
    life.tell(opened(3))
    assert life.job(KeepPicture) == KeepPicture(3, 12 * 1024 * 1024)
    life.tell(KeptPicture(KEPT))
    assert painted_from(sent(life)) == [KEPT]
    assert life.wants(KeepUploads).sent_once
    assert EDITED in remark(life)


@pytest.mark.parametrize(
    "outcomes",
    [
        [OpenedBody(404), OpenedBody(404)],
        [Failed("TimeoutError"), Failed("TimeoutError")],
        [opened(3, b"no picture")],
        [opened(3), Failed("TooLarge")],
    ],
)
def test_a_link_that_leads_to_no_picture_stops_nothing_and_is_told(
    outcomes: list[OpenedBody | Failed],
) -> None:
    life = asks(ZHAOTOU, talk(LINK))
    for outcome in outcomes:
        life.tell(outcome)
        if life.jobs(Wait):
            life.tell(None)
    assert painted_from(sent(life)) == []
    assert "its host did not return it" in remark(life)


def test_a_picture_that_is_too_large_is_not_read() -> None:
    life = asks(ZHAOTOU, talk(LINK), variables={"MAX_INPUT_BYTES": "10"})
    life.tell(opened(3))
    assert life.wants(ClosePicture) == ClosePicture(3)
    assert painted_from(sent(life)) == []


def test_what_a_link_leads_to_may_be_no_legal_edit_either() -> None:
    life = asks(ZHAOTOU, talk(LINK), quality="hd")
    life.tell(opened(3))
    life.tell(KeptPicture(KEPT))
    assert painted_from(sent(life)) == []
    life.wants(ReleaseUploads)
    assert "quality" in remark(life)


def test_the_headers_leave_while_a_slow_link_is_opened() -> None:
    life = asks(ZHAOTOU, talk(LINK))
    life.tell(None, HELD)
    life.wants(Begin)
    life.wants(KeepAlive)
    life.tell(opened(3))
    life.tell(KeptPicture(KEPT))
    life.tell(HttpResponse(400, b'{"error": {"message": "no"}}', "application/json"))
    assert life.ending.error_code == "upstream_refused"


def test_a_link_waits_for_no_pictures_of_other_messages() -> None:
    """Those are released when their turn is not painted from; what is fetched is held later."""
    picture = {"type": "image_url", "image_url": {"url": DATA}}
    messages = [*talk(LINK)[:2], {"role": "user", "content": [picture]}, talk()[2]]
    life = asks(ZHAOTOU, messages)
    assert [blob.source for blob in painted_from(sent(life))] == [PNG]
    messages[2]["content"] = "no, wait"
    life = asks(ZHAOTOU, messages)
    assert life.job(OpenAddress).url == LINK
    assert not [each for each in life.wanted if isinstance(each, ReleaseUploads)]


# --- Links of Easel's own. ---

SECRET = {"LINK_SECRET": "0" * 32}
SEALED = "A" * 40
OWN_LINK = f"https://easel.example/pictures/{SEALED}"


def sealed(address: str = FOREIGN, **fields: Any) -> Unsealed:
    return Unsealed(write_link(Link("a-model", address, **fields)))


def test_geekai_gets_the_address_behind_a_link_of_easels_own() -> None:
    life = asks(GEEKAI, talk(OWN_LINK), variables=SECRET)
    assert life.job(Unseal) == Unseal(SEALED)
    life.tell(sealed())
    assert json.loads(sent(life).body or b"")["image"] == FOREIGN


def test_zhaotou_gets_the_picture_behind_a_link_of_easels_own() -> None:
    life = asks(ZHAOTOU, talk(OWN_LINK), variables=SECRET)
    life.tell(sealed())
    assert life.job(OpenAddress).url == FOREIGN
    life.tell(opened(3))
    life.tell(KeptPicture(KEPT))
    assert painted_from(sent(life)) == [KEPT]


@pytest.mark.parametrize("outcome", [Failed("OperationError"), sealed(""), sealed(expires=1)])
@pytest.mark.parametrize("model", [GEEKAI, ZHAOTOU])
def test_a_link_of_easels_own_that_leads_nowhere_stops_nothing_and_is_told(
    model: str, outcome: Unsealed | Failed
) -> None:
    life = asks(model, talk(OWN_LINK), variables=SECRET)
    life.tell(outcome)
    assert painted_from(sent(life)) == []
    life.tell(json_answer({"data": [{"url": "https://h/painted.png"}]}))
    life.tell(Sealed(("",)))
    assert "no picture behind its link any more" in life.ending.head.decode()


OTHER_LINK = OWN_LINK.replace("easel", "weasel")
# Of a service's host, and yet it looks like a link of Easel's own.
LOOKALIKE = f"https://static.geekai.co/pictures/{SEALED}"


def test_a_link_is_easels_own_under_any_host_of_the_deployment() -> None:
    life = asks(GEEKAI, talk(OTHER_LINK), variables=SECRET)
    life.tell(sealed())
    assert json.loads(sent(life).body or b"")["image"] == FOREIGN


def test_an_address_that_only_looks_like_a_link_is_what_it_is() -> None:
    life = asks(GEEKAI, talk(LOOKALIKE), variables=SECRET)
    life.tell(Failed("NotSealed"))
    assert json.loads(sent(life).body or b"")["image"] == LOOKALIKE
    life = asks(ZHAOTOU, talk(LOOKALIKE), variables=SECRET)
    life.tell(Failed("NotSealed"))
    assert life.job(OpenAddress).url == LOOKALIKE


@pytest.mark.parametrize(
    ("link", "variables", "why"),
    [
        (OWN_LINK, {}, "there is no picture behind its link any more"),
        (OTHER_LINK, {}, "Easel does not open links to its host"),
        (OTHER_LINK, SECRET, "Easel does not open links to its host"),
        ("https://easel.example/pictures/cat.png", SECRET, "Easel does not open links to its host"),
    ],
)
def test_what_this_deployment_has_not_made_is_not_opened_and_told(
    link: str, variables: Mapping[str, str], why: str
) -> None:
    life = asks(GEEKAI, talk(link), variables=variables)
    if life.jobs(Unseal):
        life.tell(Failed("NotSealed"))
    assert "image" not in json.loads(sent(life).body or b"")
    life.tell(json_answer({"data": [{"url": "https://h/painted.png"}]}))
    if variables:
        life.tell(Sealed(("",)))
    assert why in life.ending.head.decode()
