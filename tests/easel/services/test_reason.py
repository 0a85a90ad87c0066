from __future__ import annotations

import time
import traceback
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from easel import errors
from easel.errors import UpstreamError
from easel.services.reason import MASK, MOST_CHARACTERS, plain_words, with_reason
from easel.services.service import Access
from easel.services.wire import LONG_TEXT
from easel.settings import Settings
from tests.easel.flows import painter

TOKEN = "a-token-of-the-caller"
PROXY = Settings(
    easel_keys=("a-key-of-this-proxy",),
    tokens={
        "zai": ("first-session-token",),
        "bigmodel": ("second-own-token", "third-own-token"),
        "geekai": ("fourth-own-token",),
    },
)


def access(settings: Settings | None = None) -> Access:
    return painter(settings, token=TOKEN)


def told(error: UpstreamError, reason: str, settings: Settings | None = None) -> str:
    """What stands behind the message of an error."""
    message = error.message
    return with_reason(error, reason, access(settings)).message.removeprefix(message)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Prompt 超长", "Prompt 超长"),
        ("size: must be 1024x1024 or 1792x1024", "size: must be 1024x1024 or 1792x1024"),
        ("The parameter `response_format` is wrong", "The parameter ｀response_format｀ is wrong"),
        ("No model gemini-3-pro-image-preview.", "No model gemini-3-pro-image-preview."),
        ("未正常接收到 size 参数，请检查文档", "未正常接收到 size 参数，请检查文档"),
        ("  two\r\n\tlines\x00 ", "two lines"),
        ("right\u202eto\u200bleft\ud800", "right to left"),
        ("<b>bold</b> &lt;i&gt;and&lt;/i&gt; <script>alert(1)</script>", "bold and alert(1)"),
        ("1 < 2 > 0 &amp;lt;", "1 ＜ 2 ＞ 0 ＆lt;"),
        ("**loud** __init__ a_b", "＊＊loud＊＊ init a_b"),
        ("[x](y) ![z](#a) a|~$^=", "［x］(y) !［z］(＃a) a｜～＄＾＝"),
        ('he said "no"', "he said 'no'"),
        ("see https://evil.example/x?y=1#z, now", "see … now"),
        ("详情见https://bigmodel.cn/doc。谢谢", "详情见…。谢谢"),
        ("see //evil.example, www.evil例.cn or evil.com/a", "see … … or …"),
        ("write to someone@evil.example now", "write to … now"),
        ("javascript:alert(1) data:text/html,x", ""),
        ("key sk-abc***xyz was eyJhbGciOiJIUzI1NiJ9.e30.x ok", "key … was … ok"),
        ("request 3f2b8c1e-5d4a-4f6b-9c7d-2e1f0a9b8c7d failed", "request … failed"),
        ("key 0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMn12", "key ….…"),
        ("id 20261121081244, part image2generations", "id 20261121081244, part …"),
        (f"not {TOKEN.upper()}!", "not …!"),
        ("not a-token-of-the…", "not …"),
        ("", ""),
        ("…*** \n", ""),
    ],
)
def test_the_words_of_a_service_are_told_as_plain_words(reason: str, words: str) -> None:
    assert plain_words(reason, (TOKEN,)) == words


def test_a_token_is_not_told_in_another_spelling() -> None:
    assert plain_words("not a%2Fb%2Bc%3D ok", ("a/b+c=",)) == "not … ok"


TOKENS = st.text(st.characters(codec="ascii", min_codepoint=0x21), min_size=1, max_size=40)


@given(st.text(), st.lists(TOKENS, max_size=3), st.data())
def test_no_text_is_more_than_one_short_line_of_words_without_any_token(
    text: str, tokens: list[str], data: st.DataObject
) -> None:
    for token in tokens:
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + token + text[at:]
    words = plain_words(text, tokens)
    assert len(words) <= MOST_CHARACTERS
    assert words.isprintable()
    assert not set(words) & set('<>[]`*~#|\\&$@^="')
    assert "//" not in words
    assert not any(unicodedata.category(char)[0] == "C" for char in words)
    for token in tokens:
        if len(token) > 1:
            assert token not in words
    assert words == "" or any(map(str.isalnum, words))


@given(TOKENS.filter(lambda token: len(token) > 7), st.data())
def test_no_eight_characters_of_a_token_are_told(token: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(token) - 8))
    assert token[at : at + 8] not in plain_words(f"not {token[at:]} ok", (token,))


def test_a_long_text_is_cut_and_says_so() -> None:
    words = plain_words("word " * 1000, ())
    assert (len(words) <= MOST_CHARACTERS, words[-1]) == (True, MASK)


@pytest.mark.parametrize("part", ["a", "a.", "<", "@", "_", "a@", "sk-", "//", "&amp;", "a-", "+:"])
def test_no_text_takes_long(part: str) -> None:
    start = time.process_time()
    plain_words(part * 1_000_000, ("t" * 8000,))
    assert time.process_time() - start < 1


REQUEST = [
    errors.RequestRefused("x"),
    errors.UpstreamTooLarge("x"),
    errors.UpstreamNotFound("x"),
    errors.UpstreamConflict("x"),
]
ACCOUNT = [
    errors.TokenRejected("x"),
    errors.AccessDenied("x"),
    errors.QuotaExhausted("x"),
    errors.UpstreamBusy("x"),
    errors.UpstreamBroken("x", code="task_failed"),
]
NOBODYS = [errors.UpstreamBroken("x"), errors.UpstreamTooSlow("x")]


def of(error: UpstreamError) -> UpstreamError:
    """The same anew: telling changes it."""
    if isinstance(error, errors.UpstreamBusy):
        return errors.UpstreamBusy(error.message)
    return type(error)(error.message, code=error.code)


@pytest.mark.parametrize("error", REQUEST)
def test_what_is_said_of_the_request_is_told_to_everybody(error: UpstreamError) -> None:
    assert told(of(error), "size is wrong") == ' It says: "size is wrong"'
    assert told(of(error), "size is wrong", PROXY) == ' It says: "size is wrong"'


@pytest.mark.parametrize("error", ACCOUNT)
def test_what_is_said_of_an_account_is_told_to_its_owner_alone(error: UpstreamError) -> None:
    assert told(of(error), "no money left") == ' It says: "no money left"'
    assert told(of(error), "no money left", PROXY) == ""


@pytest.mark.parametrize("error", NOBODYS)
def test_what_a_service_that_failed_says_is_told_to_nobody(error: UpstreamError) -> None:
    assert told(of(error), "at line 7 of main.go") == ""


@pytest.mark.parametrize("secret", [TOKEN, *PROXY.secrets])
@pytest.mark.parametrize("error", REQUEST)
def test_no_token_of_the_caller_or_the_deployment_is_told(
    error: UpstreamError, secret: str
) -> None:
    assert told(of(error), f"not {secret}", PROXY) == ' It says: "not …"'


@pytest.mark.parametrize(
    "reason",
    [
        "输入内容包含敏感信息",
        "内容违规，请修改提示词",
        "提示词不安全",
        "图片审核不通过",
        "Your request was rejected by our safety system",
        "blocked by the Content Policy",
        "violates content_policy",
        "NSFW content",
        "The prompt may be sensitive",
        "failed moderation",
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        errors.RequestRefused("x"),
        errors.UpstreamBroken("x"),
        errors.UpstreamBroken("x", code="task_failed"),
    ],
)
def test_a_refusal_that_only_words_tell_is_a_violation_of_the_content_policy(
    error: UpstreamError, reason: str
) -> None:
    found = with_reason(of(error), reason, access(PROXY))
    assert (type(found), found.code, found.status) == (
        errors.RequestRefused,
        "content_policy_violation",
        400,
    )
    assert found.message == f'x It says: "{reason}"'


@pytest.mark.parametrize(
    "reason", ["参数大小写敏感", "The name is case-sensitive", "Invalid size", ""]
)
def test_other_words_are_no_refusal(reason: str) -> None:
    error = errors.RequestRefused("x")
    assert with_reason(error, reason, access()).code == "upstream_refused"


@pytest.mark.parametrize("error", [*ACCOUNT[:4], errors.UpstreamTooSlow("x")])
def test_the_words_of_a_refusal_mean_nothing_where_another_error_is_sure(
    error: UpstreamError,
) -> None:
    assert type(with_reason(of(error), "违规", access())) is type(error)


def test_a_text_that_the_shell_kept_is_not_told() -> None:
    assert told(errors.RequestRefused("x"), f"{LONG_TEXT}0") == ""


def test_no_traceback_shows_a_reason() -> None:
    error = with_reason(errors.RequestRefused("x"), "the prompt was a cat", access())
    assert "cat" not in "".join(traceback.format_exception(error))
    assert "cat" not in repr(error)
