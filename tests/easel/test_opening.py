from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from easel.effects import ClosePicture, Effects, OpenAddress, OpenBase64
from easel.errors import PictureUnreachable, UpstreamBroken, UpstreamError, UpstreamTooSlow
from easel.images.result import Picture
from easel.images.size import Size
from easel.jobs import Jobs
from easel.life import Life, Reply
from easel.opening import OpenPicture, open_picture
from easel.outcomes import Failed, OpenedBody, Outcome
from easel.services.wire import LongText, Wait
from tests.easel.life import NOW, PNG, Played, opened

URL = "https://h/cat.png"
MAX_BYTES = 1000


@dataclass
class Opening:
    """A picture that is opened by hand."""

    picture: Picture = field(default_factory=lambda: Picture(URL))
    jobs: Jobs = field(default_factory=lambda: Jobs(NOW))
    result: OpenPicture | None = None
    error: UpstreamError | None = None

    def __post_init__(self) -> None:
        self.life = Played(self._open())

    def _open(self) -> Life:
        try:
            self.result = yield from open_picture(self.picture, self.jobs, MAX_BYTES)
        except UpstreamError as error:
            self.error = error
        return Reply(200, {})

    def tell(self, *outcomes: Outcome) -> Effects:
        """Tells what came of one job after another; the next effects."""
        for outcome in outcomes:
            self.life.tell(outcome)
        return self.life.wanted

    @property
    def shown(self) -> OpenPicture:
        assert self.result is not None, self.error
        return self.result

    @property
    def raised(self) -> UpstreamError:
        assert self.error is not None, self.result
        return self.error


def redirect(location: str, status: int = 302) -> OpenedBody:
    return OpenedBody(status, location)


# --- What is there. ---


def test_a_picture_is_opened_at_its_address() -> None:
    opening = Opening()
    assert opening.life.job(OpenAddress) == OpenAddress(URL)
    opening.tell(opened(7))
    assert opening.shown.number == 7
    assert opening.shown.opened.mime_type == "image/png"
    assert not opening.shown.is_embedded


def test_the_size_is_that_of_the_pictures_own_bytes() -> None:
    opening = Opening(Picture(URL, size=Size(1, 1)))
    opening.tell(opened())
    assert opening.shown.opened.size == Size(1024, 512)


def test_the_size_is_the_services_where_the_bytes_do_not_say_it() -> None:
    opening = Opening(Picture(URL, size=Size(3, 4)))
    opening.tell(opened(content=PNG[:12]))
    assert opening.shown.opened.size == Size(3, 4)


@pytest.mark.parametrize(("base64", "embedded"), [("QUJD", False), (LongText(1, 0), True)])
def test_a_picture_that_came_as_base64_is_opened_where_it_is(
    base64: object,
    embedded: bool,  # noqa: FBT001
) -> None:
    opening = Opening(Picture(base64=base64))
    assert opening.life.job(OpenBase64) == OpenBase64(base64)
    opening.tell(opened(3))
    assert (opening.shown.number, opening.shown.is_embedded) == (3, embedded)


# --- Redirects. ---


def test_redirects_are_followed_from_where_each_leads() -> None:
    opening = Opening()
    opening.tell(redirect("https://cdn/a/b.png"))
    assert opening.life.job(OpenAddress) == OpenAddress("https://cdn/a/b.png")
    opening.tell(redirect("c.png", 307))
    assert opening.life.job(OpenAddress) == OpenAddress("https://cdn/a/c.png")
    opening.tell(opened())
    assert opening.shown.opened.picture.url == URL


def test_redirects_come_to_an_end() -> None:
    opening = Opening()
    opening.tell(*[redirect("/again.png")] * 5)
    assert opening.error is None
    opening.tell(redirect("/again.png"))
    assert "more than 5 times" in opening.raised.message


def test_a_redirect_to_nowhere_is_told() -> None:
    opening = Opening()
    opening.tell(redirect(""))
    assert "without an address" in opening.raised.message


@pytest.mark.parametrize(("allow_http", "fails"), [(True, False), (False, True)])
def test_a_redirect_leads_to_http_only_where_the_service_is_there(
    allow_http: bool,  # noqa: FBT001
    fails: bool,  # noqa: FBT001
) -> None:
    opening = Opening(Picture(URL, allow_http=allow_http))
    opening.tell(redirect("http://h/cat.png"))
    assert (opening.error is not None) is fails


# --- The second try. ---


@pytest.mark.parametrize("outcome", [Failed("TypeError"), Failed("TimeoutError"), OpenedBody(404)])
def test_what_is_not_there_yet_is_tried_again_a_moment_later(outcome: Outcome) -> None:
    opening = Opening()
    opening.tell(outcome)
    assert opening.life.job(Wait) == Wait(0.1)
    opening.tell(None)
    assert opening.life.job(OpenAddress) == OpenAddress(URL)
    opening.tell(opened(2))
    assert opening.shown.number == 2


def test_the_second_try_begins_at_the_first_address() -> None:
    opening = Opening()
    opening.tell(redirect("https://cdn/a.png"), OpenedBody(503), None)
    assert opening.life.job(OpenAddress) == OpenAddress(URL)


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [(OpenedBody(403), PictureUnreachable), (Failed("TimeoutError"), UpstreamTooSlow)],
)
def test_there_is_no_third_try(outcome: Outcome, kind: type[UpstreamError]) -> None:
    opening = Opening()
    opening.tell(outcome, None, outcome)
    assert type(opening.raised) is kind
    assert URL in opening.raised.message


# --- What is no picture. ---


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (OpenedBody(200, first_bytes=b"<html>", picture=5), "known format"),
        (OpenedBody(200, length=MAX_BYTES + 1, first_bytes=PNG, picture=5), "1001 bytes"),
    ],
)
def test_what_cannot_be_passed_on_is_closed_and_told_with_its_address(
    body: OpenedBody, words: str
) -> None:
    opening = Opening()
    opening.tell(body)
    assert words in opening.raised.message
    assert URL in opening.raised.message
    assert opening.jobs.gives_back == (ClosePicture(5),)


def test_what_is_not_open_is_not_closed() -> None:
    opening = Opening()
    opening.tell(OpenedBody(404), None, OpenedBody(404))
    assert opening.raised.code == "picture_missing"
    assert not opening.jobs.gives_back


def test_an_address_where_none_may_be_opened_is_told_at_once() -> None:
    opening = Opening()
    opening.tell(redirect("https://127.0.0.1/cat.png"))
    assert isinstance(opening.raised, UpstreamBroken)
    assert opening.life.reply.status == 200


@pytest.mark.parametrize("outcome", [Failed("InvalidCharacterError"), OpenedBody(200, picture=4)])
def test_base64_of_no_picture_is_told_without_an_address(outcome: Outcome) -> None:
    opening = Opening(Picture(base64="QUJD"))
    opening.tell(outcome)
    assert "image" in opening.raised.message
    assert "https:" not in opening.raised.message
