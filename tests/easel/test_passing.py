from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from easel.deployment import Deployment, Store
from easel.effects import ClosePicture, DeleteStored, OpenAddress, OpenCopy, OpenStored, Unseal
from easel.images.links import Link, write_link
from easel.life import PassedOn
from easel.outcomes import Failed, OpenedBody, Outcome, Unsealed
from easel.services.wire import Wait
from tests.easel.life import NOW, PNG, Played, deployment, head, opened, play

SECRET = {"LINK_SECRET": "a-secret-that-links-are-sealed-with"}
SEALED = "a-sealed_text" * 4
LINK = Link("glm-image", "https://h/cat.png")


def asks(
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    variables: Mapping[str, str] = SECRET,
    name: str = SEALED,
    store: Store = Store.NONE,
) -> Played:
    request = head(method, f"/pictures/{name}", headers, token="")
    plain = deployment(variables=variables)
    return play(request, Deployment(plain.settings, plain.pools, plain.limiter, store=store))


def leads(life: Played, link: Link, copy: Outcome = OpenedBody(404)) -> Played:  # noqa: B008
    """A request whose link was sealed here; the platform's cache has no copy, or this one."""
    life.tell(Unsealed(write_link(link)))
    assert life.job(OpenCopy) == OpenCopy(f"https://easel.example/pictures/{SEALED}")
    life.tell(copy)
    return life


def opens(life: Played, link: Link = LINK, length: int = 100, status: int = 200) -> Played:
    """A request whose link leads to this picture."""
    assert life.job(Unseal) == Unseal(SEALED)
    leads(life, link)
    assert life.job(OpenAddress) == OpenAddress("https://h/cat.png")
    life.tell(OpenedBody(status, first_bytes=PNG, length=length, picture=3 if status == 200 else 0))
    return life


def passed(life: Played) -> PassedOn:
    assert isinstance(life.end, PassedOn), life.end
    return life.end


def test_a_picture_is_opened_and_passed_on() -> None:
    found = passed(opens(asks()))
    assert (found.status, found.picture, found.start, found.end) == (200, 3, 0, 100)
    assert found.headers["content-type"] == "image/png"
    assert found.headers["cache-control"] == "public, max-age=3600"
    assert found.headers["etag"] == f'"{SEALED[-22:]}"'
    assert found.headers["content-disposition"] == 'inline; filename="glm-image-a-sealed.png"'
    assert found.log is not None
    assert json.loads(found.log)["operation"] == "picture"


def test_a_picture_whose_length_nobody_knows_has_no_ranges() -> None:
    found = passed(opens(asks(headers={"range": "bytes=0-9"}), length=0))
    assert (found.status, found.start, found.end) == (200, 0, None)
    assert found.headers["accept-ranges"] == "none"


def test_a_part_of_a_picture() -> None:
    found = passed(opens(asks(headers={"range": "bytes=10-19"})))
    assert (found.status, found.start, found.end) == (206, 10, 20)
    assert found.headers["content-range"] == "bytes 10-19/100"


def test_a_part_of_another_picture_is_the_whole_of_this_one() -> None:
    headers = {"range": "bytes=10-19", "if-range": '"another"'}
    found = passed(opens(asks(headers=headers)))
    assert (found.status, found.start, found.end) == (200, 0, 100)


def test_a_part_that_the_picture_has_not() -> None:
    life = opens(asks(headers={"range": "bytes=100-"}))
    assert (life.reply.status, life.reply.body) == (416, b"")
    assert life.reply.headers["content-range"] == "bytes */100"
    assert life.reply.gives_back == (ClosePicture(3),)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_has_the_picture_is_told_so(method: str) -> None:
    tag = f'"{SEALED[-22:]}"'
    for tags in (tag, f'"x", W/{tag}', "*"):
        life = opens(asks(method, {"if-none-match": tags}))
        assert life.reply.status == 304
        assert life.reply.headers["etag"] == tag
        assert life.reply.gives_back == (ClosePicture(3),)


@pytest.mark.parametrize(("length", "told"), [(100, "100"), (0, None)])
def test_head_tells_the_length_and_drops_the_picture(length: int, told: str | None) -> None:
    life = opens(asks("HEAD", {"range": "bytes=0-9"}), length=length)
    assert life.reply.status == 200
    assert life.reply.headers.get("content-length") == told
    assert life.reply.gives_back == (ClosePicture(3),)


def is_not_found(life: Played) -> bool:
    assert life.reply.headers["cache-control"] == "no-store"
    assert isinstance(life.reply.body, bytes)
    return bool(json.loads(life.reply.body)["error"]["code"] == "picture_not_found")


@pytest.mark.parametrize(
    ("variables", "name"), [({}, SEALED), (SECRET, "cat.png"), (SECRET, f"{SEALED}%2F")]
)
def test_what_can_be_no_link_is_not_even_looked_at(variables: Mapping[str, str], name: str) -> None:
    assert is_not_found(asks(variables=variables, name=name))


def test_what_easel_never_sealed_is_not_found() -> None:
    life = asks()
    life.tell(Failed("NotSealed"))
    assert is_not_found(life)


def test_a_link_that_has_ended_is_not_found_and_asks_nobody() -> None:
    life = asks()
    life.tell(Unsealed(write_link(Link("m", "https://h/cat.png", expires=int(NOW)))))
    assert is_not_found(life)


def test_a_picture_that_its_host_has_no_longer_is_not_found() -> None:
    life = opens(asks(), status=404)
    life.tell(None)
    assert life.jobs(OpenAddress)
    life.tell(OpenedBody(404))
    assert is_not_found(life)


def test_another_fault_of_its_host_is_told_without_its_address() -> None:
    life = asks()
    leads(life, LINK)
    life.tell(Failed("TimeoutError"))
    life.tell(None, life.keys(Wait)[0])
    life.tell(Failed("TimeoutError"))
    assert life.reply.status == 504
    assert isinstance(life.reply.body, bytes)
    assert b"https://" not in life.reply.body


def test_what_is_no_picture_is_not_passed_on() -> None:
    life = asks()
    leads(life, LINK)
    life.tell(opened(3, b"<svg>"))
    assert life.reply.status == 502


STORED = Link("glm-image", "https://h/cat.png", expires=int(NOW) + 1000, key="key")
ONLY_STORED = Link("glm-image", expires=int(NOW) + 1000, key="key")


def asks_store(link: Link = STORED) -> Played:
    life = asks(store=Store.BOUND)
    leads(life, link)
    assert life.job(OpenStored) == OpenStored("key")
    return life


def test_a_stored_picture_is_passed_on_and_nobody_else_is_asked() -> None:
    life = asks_store()
    life.tell(OpenedBody(200, first_bytes=PNG, length=100, picture=4))
    assert (passed(life).picture, passed(life).end) == (4, 100)
    assert passed(life).headers["cache-control"] == "public, max-age=1000"


@pytest.mark.parametrize("outcome", [OpenedBody(404), Failed("TimeoutError")])
def test_what_the_store_does_not_give_the_service_may_have(outcome: Outcome) -> None:
    life = asks_store()
    life.tell(outcome)
    assert life.job(OpenAddress) == OpenAddress("https://h/cat.png")
    life.tell(opened(5))
    assert passed(life).picture == 5


def test_a_picture_that_was_deleted_is_not_fetched_from_the_service() -> None:
    life = asks_store()
    life.tell(OpenedBody(410))
    assert is_not_found(life)


def test_a_picture_that_only_the_store_can_have() -> None:
    life = asks_store(ONLY_STORED)
    life.tell(OpenedBody(404))
    assert is_not_found(life)
    life = asks_store(ONLY_STORED)
    life.tell(Failed("TimeoutError"))
    assert life.reply.status == 502
    without = asks()
    leads(without, ONLY_STORED)
    assert is_not_found(without)


# --- The platform's cache. ---


def copied(until: float) -> OpenedBody:
    return OpenedBody(200, first_bytes=PNG, length=100, picture=7, until=int(until))


@pytest.mark.parametrize("link", [LINK, STORED])
def test_a_copy_is_passed_on_for_as_long_as_it_is_kept(link: Link) -> None:
    life = leads(asks(store=Store.BOUND), link, copied(NOW + 600))
    assert (passed(life).picture, passed(life).end, passed(life).copy) == (7, 100, "")
    assert passed(life).headers["cache-control"] == "public, max-age=600"
    over = leads(asks(store=Store.BOUND), link, copied(NOW - 1))
    assert passed(over).headers["cache-control"] == "no-store"


def test_a_cache_that_fails_is_none() -> None:
    life = leads(asks(), LINK, Failed("TooManyFetches"))
    assert life.job(OpenAddress) == OpenAddress("https://h/cat.png")


def test_who_wants_no_copy_gets_none() -> None:
    life = asks(headers={"cache-control": "no-cache"})
    life.tell(Unsealed(write_link(LINK)))
    assert life.job(OpenAddress) == OpenAddress("https://h/cat.png")


def test_of_a_whole_picture_a_copy_is_kept_for_as_long_as_readers_may_keep_it() -> None:
    url = f"https://easel.example/pictures/{SEALED}"
    whole = passed(opens(asks()))
    assert (whole.copy, whole.copy_seconds) == (url, 3600)
    life = asks_store()
    life.tell(OpenedBody(200, first_bytes=PNG, length=100, picture=4))
    assert (passed(life).copy, passed(life).copy_seconds) == (url, 1000)
    part = passed(opens(asks(headers={"range": "bytes=10-19"})))
    assert part.copy == ""
    assert passed(opens(asks(), length=0)).copy == ""
    signed = Link("m", f"https://h/cat.png?Expires={int(NOW) - 1}")
    life = leads(asks(), signed)
    life.tell(opened(3))
    assert passed(life).copy == ""


PROXY = {**SECRET, "EASEL_KEYS": "token", "ZAI_TOKENS": "own"}


def deletes(
    variables: Mapping[str, str] = PROXY, store: Store = Store.BOUND, token: str = "token"
) -> Played:
    plain = deployment(variables=variables)
    deployed = Deployment(plain.settings, plain.pools, plain.limiter, store=store)
    return play(head("DELETE", f"/pictures/{SEALED}", token=token), deployed)


def test_a_key_of_the_deployment_deletes_a_picture() -> None:
    life = deletes()
    life.tell(Unsealed(write_link(STORED)))
    assert life.job(DeleteStored) == DeleteStored(
        "key", 1000, f"https://easel.example/pictures/{SEALED}"
    )
    life.tell(None)
    assert (life.reply.status, life.reply.body) == (204, b"")
    assert "content-type" not in life.reply.headers


def test_a_store_that_does_not_delete_says_so() -> None:
    life = deletes()
    life.tell(Unsealed(write_link(STORED)))
    life.tell(Failed("TimeoutError"))
    assert life.reply.status == 502


@pytest.mark.parametrize(
    ("variables", "token", "status"), [(PROXY, "other", 401), (SECRET, "token", 403)]
)
def test_nobody_else_deletes_anything(
    variables: Mapping[str, str], token: str, status: int
) -> None:
    assert deletes(variables, token=token).reply.status == status


@pytest.mark.parametrize(("link", "store"), [(LINK, Store.BOUND), (STORED, Store.NONE)])
def test_what_is_not_stored_cannot_be_deleted(link: Link, store: Store) -> None:
    life = deletes(store=store)
    life.tell(Unsealed(write_link(link)))
    assert is_not_found(life)
