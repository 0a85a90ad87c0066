"""Links under Easel's own host, which lead to the picture of a service."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any, Final

import httpx
import pytest

from tests.worker.conftest import TOKEN, Easel, Internet
from tests.worker.reading import events, eventually, picture

LINK: Final = re.compile(r"https?://[^\s()\"\\]+/pictures/[A-Za-z0-9_-]+")

# The models of all services, and what their sandbox has to be told for base64.
MODELS: Final = ("gemini-3-image-1k", "glm-image", "seedream-4.5", "geekai/gpt-image-1")


def asked(
    client: httpx.Client,
    easel: Easel,
    prompt: str,
    *,
    host: str | None = None,
    **fields: Any,
) -> str:
    """The answer to a chat in link form."""
    headers = {"authorization": f"Bearer {TOKEN}", **({"host": host} if host else {})}
    message = {"role": "user", "content": prompt}
    body = {"model": "gemini-3-image-1k", "messages": [message], "chat_picture": "link", **fields}
    response = client.post(f"{easel.url}/v1/chat/completions", headers=headers, json=body)
    assert response.status_code == 200, response.text
    return response.text


def link_of(client: httpx.Client, easel: Easel, prompt: str, **fields: Any) -> str:
    """The one link of Easel's own in the answer to a chat."""
    (link,) = LINK.findall(asked(client, easel, prompt, **fields))
    return str(link)


def painted(internet: Internet, content: bytes) -> str:
    """The name under which the sandbox keeps a picture."""
    kept = internet.sandbox.pictures
    return next(name for name in kept if kept[name].content == content)


@pytest.mark.parametrize("model", MODELS)
def test_a_link_leads_to_the_picture(
    client: httpx.Client, sealing: Easel, internet: Internet, marker: str, model: str
) -> None:
    link = link_of(client, sealing, marker, model=model)
    assert link.startswith(f"{sealing.url}/pictures/")
    response = client.get(link)
    assert response.status_code == 200, response.text
    assert painted(internet, response.content)
    headers = response.headers
    assert headers["content-type"] in {"image/jpeg", "image/png", "image/webp"}
    assert headers["content-length"] == str(len(response.content))
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    name = model.rpartition("/")[2]
    kind = headers["content-type"].removeprefix("image/")
    assert re.fullmatch(
        rf'inline; filename="{name}-[A-Za-z0-9_-]+\.{kind}"', headers["content-disposition"]
    )
    assert re.fullmatch(r"public, max-age=\d{1,4}", headers["cache-control"])
    assert int(headers["cache-control"].partition("=")[2]) <= 3600
    assert re.fullmatch(r'"[A-Za-z0-9_-]{22}"', headers["etag"])


def test_every_picture_has_the_same_length_of_link(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    """So that it does not tell the service."""
    links = [link_of(client, sealing, marker, model=model) for model in MODELS]
    assert len({len(link) for link in links}) == 1
    assert len(set(links)) == len(links)


def test_a_chat_with_a_picture_in_it_has_the_link_beside_it(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    text = asked(client, sealing, marker, chat_picture="candidates")
    answer = httpx.Response(200, text=text).json()
    _, content = picture(answer)
    (link,) = LINK.findall(answer["choices"][0]["message"]["content"])
    assert client.get(link).content == content


def test_a_chat_that_streams_shows_the_link_too(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    text = asked(client, sealing, f"sandbox:slow=2 {marker}", stream=True)
    first, done = events(text.encode())
    assert done == "[DONE]"
    (link,) = LINK.findall(first)
    assert client.get(link).status_code == 200


def test_the_images_api_answers_with_links(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    answer = client.post(
        f"{sealing.url}/v1/images/generations",
        headers={"authorization": f"Bearer {TOKEN}"},
        json={"model": "seedream-4.5", "prompt": marker, "n": 3},
    ).json()
    links = [item["url"] for item in answer["data"]]
    assert len(set(links)) == 3
    assert all(link.startswith(f"{sealing.url}/pictures/") for link in links)
    assert [client.get(link).status_code for link in links] == [200] * 3


def test_a_task_answers_with_links(client: httpx.Client, sealing: Easel, marker: str) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    task = client.post(
        f"{sealing.url}/v1/images/generations",
        headers=headers,
        json={"model": "geekai/gpt-image-1", "prompt": marker, "async": True},
    ).json()["task_id"]
    found: list[str] = []

    def is_done() -> bool:
        found[:] = LINK.findall(client.get(f"{sealing.url}/v1/images/{task}", headers=headers).text)
        return bool(found)

    assert eventually(is_done, 10)
    response = client.get(found[0])
    assert response.status_code == 200
    assert 'filename="geekai-' in response.headers["content-disposition"]


def test_head_tells_what_get_would_and_sends_nothing(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    link = link_of(client, sealing, marker)
    got, head = client.get(link), client.head(link)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "content-disposition"):
        assert head.headers[name] == got.headers[name], name


@pytest.mark.parametrize(
    ("asks", "first", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=199990-", 199_990, 200_000),
        ("bytes=-7", 199_993, 200_000),
        ("bytes=100000-100000", 100_000, 100_001),
        ("bytes=5-999999", 5, 200_000),
        ("bytes=0-999999", 0, 200_000),
    ],
)
def test_a_range_of_a_picture(
    client: httpx.Client, sealing: Easel, marker: str, asks: str, first: int, end: int
) -> None:
    link = link_of(client, sealing, f"sandbox:picture-bytes=200000 {marker}")
    whole = client.get(link).content
    response = client.get(link, headers={"range": asks})
    assert response.content == whole[first:end]
    assert response.headers["content-length"] == str(end - first)
    if end - first == len(whole):
        assert response.status_code == 200
    else:
        assert response.status_code == 206
        assert response.headers["content-range"] == f"bytes {first}-{end - 1}/200000"


def test_a_range_behind_the_end_and_one_of_another_picture(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    link = link_of(client, sealing, marker)
    total = len(client.get(link).content)
    behind = client.get(link, headers={"range": f"bytes={total}-"})
    assert (behind.status_code, behind.content) == (416, b"")
    assert behind.headers["content-range"] == f"bytes */{total}"
    assert behind.headers["cache-control"] == "no-store"
    other = client.get(link, headers={"range": "bytes=0-9", "if-range": '"another"'})
    assert (other.status_code, len(other.content)) == (200, total)


def test_who_has_the_picture_is_told_so(client: httpx.Client, sealing: Easel, marker: str) -> None:
    link = link_of(client, sealing, marker)
    tag = client.get(link).headers["etag"]
    for tags in (tag, f'"x", W/{tag}', "*"):
        known = client.get(link, headers={"if-none-match": tags})
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == tag
    assert client.get(link, headers={"if-none-match": '"x"'}).status_code == 200


def test_any_page_may_read_a_picture(client: httpx.Client, sealing: Easel, marker: str) -> None:
    link = link_of(client, sealing, marker)
    preflight = client.options(link, headers={"access-control-request-headers": "range"})
    assert preflight.status_code == 204
    exposed = client.get(link).headers["access-control-expose-headers"]
    assert "content-range" in exposed


def test_a_picture_of_unknown_length_comes_whole(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    link = link_of(
        client, sealing, f"sandbox:picture-bytes=700000 sandbox:picture-chunked {marker}"
    )
    response = client.get(link, headers={"range": "bytes=0-9"})
    assert (response.status_code, len(response.content)) == (200, 700_000)
    assert response.headers["accept-ranges"] == "none"
    assert client.head(link).status_code == 200


def test_a_picture_that_breaks_off_is_nobodys_whole_picture(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    link = link_of(client, sealing, f"sandbox:picture-bytes=900000 sandbox:picture-cut {marker}")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(link)


def test_too_large_a_picture_is_refused(client: httpx.Client, sealing: Easel, marker: str) -> None:
    link = link_of(client, sealing, f"sandbox:picture-bytes=6000001 {marker}")
    response = client.get(link)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "picture_too_large")
    assert response.headers["cache-control"] == "no-store"
    assert "Its address" not in response.text


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("picture-missing", 404, "picture_not_found"), ("picture-text", 502, "upstream_broken")],
)
def test_what_is_no_picture_is_not_passed_on(
    client: httpx.Client, sealing: Easel, marker: str, fault: str, status: int, code: str
) -> None:
    link = link_of(client, sealing, f"sandbox:{fault} {marker}")
    response = client.get(link)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.headers["cache-control"] == "no-store"


def test_the_services_link_may_redirect_but_not_inside(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    open_one = link_of(client, sealing, f"sandbox:picture-redirect {marker}")
    assert client.get(open_one).status_code == 200
    inside = link_of(client, sealing, f"sandbox:picture-redirect-inside=1 {marker}")
    assert client.get(inside).status_code == 502


def test_a_link_that_dies_at_the_service_dies_here(
    client: httpx.Client, sealing: Easel, internet: Internet, marker: str
) -> None:
    link = link_of(client, sealing, marker)
    content = client.get(link).content
    del internet.sandbox.pictures[painted(internet, content)]
    gone = client.get(link)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "picture_not_found")
    assert gone.headers["cache-control"] == "no-store"


def test_an_altered_or_foreign_path_is_not_found_and_asks_nobody(
    client: httpx.Client, sealing: Easel, easel: Easel, internet: Internet, marker: str
) -> None:
    link = link_of(client, sealing, marker)
    sealed = link.rpartition("/")[2]
    before = len(internet.sandbox.calls)
    paths = [
        *(
            sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
            for at in (0, 20, -2)
        ),
        sealed[:-4],
        sealed + "AAAA",
        f"{sealed}/x",
        "x",
        "A" * 20_000,
        "https://example.com/cat.png",
    ]
    for path in paths:
        response = client.get(f"{sealing.url}/pictures/{path}")
        assert response.status_code == 404, path
        assert response.headers["cache-control"] == "no-store"
    # Another deployment has another secret, or none.
    assert client.get(f"{easel.url}/pictures/{sealed}").status_code == 404
    assert len(internet.sandbox.calls) == before
    # What comes behind a question mark is not part of it.
    assert client.get(f"{link}?width=100").status_code == 200


def test_a_forged_host_is_in_no_link(client: httpx.Client, sealing: Easel, marker: str) -> None:
    text = asked(client, sealing, marker, host="evil.example")
    assert "evil.example" not in text
    assert "/z_image/" in text


def test_where_links_are_reached_may_be_set(
    client: httpx.Client, elsewhere: Easel, marker: str
) -> None:
    link = link_of(client, elsewhere, marker, host="evil.example")
    assert link.startswith("https://pictures.example/easel/pictures/")
    assert client.get(f"{elsewhere.url}/pictures/{link.rpartition('/')[2]}").status_code == 200


def test_without_a_secret_the_services_own_link_is_shown(
    client: httpx.Client, easel: Easel, marker: str
) -> None:
    text = asked(client, easel, marker)
    assert LINK.findall(text) == []
    assert "/z_image/" in text


def test_a_reader_who_leaves_holds_up_nobody(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    faults = "sandbox:picture-bytes=5000000 sandbox:picture-stalled"
    link = link_of(client, sealing, f"{faults} {marker}")
    with client.stream("GET", link) as response:
        assert response.status_code == 200
        next(response.iter_raw())
    # Nothing hangs: the next reader is served as before.
    other = link_of(client, sealing, marker)
    assert client.get(other).status_code == 200


def test_two_hundred_readers_at_once(client: httpx.Client, stranger: Easel, marker: str) -> None:
    # Its pictures may stall for longer than a busy machine lets them.
    link = link_of(client, stranger, f"sandbox:picture-bytes=300000 {marker}")
    whole = client.get(link).content
    limits = httpx.Limits(max_connections=200)

    async def read_all() -> list[bytes]:
        async with httpx.AsyncClient(timeout=60, trust_env=False, limits=limits) as many:
            answers = await asyncio.gather(*(many.get(link) for _ in range(200)))
        return [answer.content for answer in answers]

    assert set(asyncio.run(read_all())) == {whole}


def test_the_log_names_a_picture_that_is_read_and_nothing_of_it(
    client: httpx.Client, sealing: Easel, marker: str
) -> None:
    link = link_of(client, sealing, marker)
    request = client.get(link).headers["x-request-id"]

    def lines() -> list[str]:
        log = sealing.log.read_text("utf-8", "replace").splitlines()
        return [line for line in log if request in line and line.startswith("{")]

    assert eventually(lambda: bool(lines()))
    (line,) = lines()
    told = json.loads(line)
    assert (told["operation"], told["status"], told["downloads"]) == ("picture", 200, 1)
    assert link.rpartition("/")[2] not in line
