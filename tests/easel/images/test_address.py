from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from easel.download import redirect_target
from easel.errors import UpstreamBroken
from easel.images.address import Address, is_inside, percent_encode, read_address
from tests.easel.readers import Readers, running_readers


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with running_readers() as readers:
        yield readers


PUBLIC = [
    "https://host/p.png?Signature=a%2Fb",
    "https://host:8443/p.png",
    "http://example.org",
    "https://example.org#part",
    "https://example.org?a=1",
    "https://z-ai-audio.oss-cn-hongkong.aliyuncs.com/z_image/1.png?Expires=1&Signature=a%2Bb%3D",
    "https://8.8.8.8/p.png",
    "https://223.255.255.255/p.png",
    "https://[2606:4700::1111]/p.png",
    "https://a_b.example/(1)/[2]/it's;v=1,2*$!~.png",
    "https://xn--fsqu00a.xn--0zwm56d/p.png",
    # Names that only look like what is inside.
    "https://localhost.example/p.png",
    "https://notlocalhost/p.png",
    "https://internal.example/p.png",
    "https://10.example/p.png",
    "https://1.2.3.4.example/p.png",
]


@pytest.mark.parametrize("url", PUBLIC)
def test_an_address_of_the_open_internet_stays_as_it_is(url: str) -> None:
    assert read_address(url) == Address(url, url.partition(":")[0], is_inside=False)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("HTTPS://Host.Example/P.png", "https://host.example/P.png"),
        ("https://host./p.png", "https://host/p.png"),
        ("https://host:0443/p.png", "https://host:443/p.png"),
        ("https://host:/p.png", "https://host/p.png"),
        ("\t https://host/p.png\r\n", "https://host/p.png"),
        ("https://[2606:4700:0:0::1111]/", "https://[2606:4700::1111]/"),
        ("https://例子.测试/图.png", "https://xn--fsqu00a.xn--0zwm56d/%E5%9B%BE.png"),
        ("https://BÜCHER.example/é?ü#ö", "https://xn--bcher-kva.example/%C3%A9?%C3%BC#%C3%B6"),
        ("https://host/a b\nc\td", "https://host/a%20b%0Ac%09d"),
        ("https://host/%E5%9B%BE%2f%zz%", "https://host/%E5%9B%BE%2f%25zz%25"),
        (
            'https://host/<img src="x">`{|}^\\',
            "https://host/%3Cimg%20src=%22x%22%3E%60%7B%7C%7D%5E%5C",
        ),
        ("https://host/\ud800", "https://host/%ED%A0%80"),
    ],
)
def test_an_address_is_written_in_ascii_and_leads_where_it_led(url: str, read: str) -> None:
    address = read_address(url)
    assert address is not None
    assert address.text == read
    assert read_address(read) == address


INSIDE = [
    # this machine, private networks, links, carriers
    *("127.0.0.1", "127.1.2.3", "0.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "127.0.0.1."),
    # what is reserved, several at once, for documents, for tests
    *("192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    "168.63.129.16",
    # IPv6, and IPv4 inside of it
    *(
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[0:0:0:0:0:0:0:1]",
    ),
    *("[::ffff:8.8.8.8]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]"),
    *("[2001::1]", "[2001:db8::1]", "[3fff::1]", "[fec0::1]", "[5f00::1]"),
    # names
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "a.b.localhost.",
        "localhost.localdomain",
    ),
    *("printer.local", "metadata.google.internal", "a.internal", "router.lan", "nas.home.arpa"),
    *("metadata", "instance-data", "metadata.tencentyun.com", "ip6-localhost", "wiki.corp"),
]


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("rest", ["", ":8080/p.png?a=b"])
def test_what_is_not_on_the_open_internet_is_inside(scheme: str, host: str, rest: str) -> None:
    assert is_inside(f"{scheme}://{host}{rest}")


UNREADABLE = [
    # Spellings of 127.0.0.1 and others that some readers take for an address and some for a name.
    *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1"),
    *(
        "127.0.0.0x1",
        "0X7F.1",
        "00127.0.0.1",
        "127.0.0.01",
        "0",
        "0x",
        "256.256.256.256",
        "1.2.3.4.5",
    ),
    *("example.0x7f", "999", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0.0.1"),
    *(
        "①②⑦.0.0.1",
        "ⓛocalhost",
        "ｌｏｃａｌｈｏｓｔ",
        "local\u00adhost",
        "local\u200bhost",
        "a\u2060.example",
    ),
    *(
        "a\ufe0f",
        "a\u034f.example",
        "127.0.0.1\u3002",
        "%31%32%37.0.0.1",
        "127%2e0.0.1",
        "local%68ost",
        "%6cocalhost",
    ),
    *(
        "xn--localhost-",
        "xn---9ca",
        "xn--127-",
        "xn--",
        "xn--é",
        "xn--a",
        "xn--ls8h",
        "xn--\u0131",
    ),
    # No hosts at all.
    *(
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a b",
        "a\tb",
        "a\nb",
        "a\x00b",
        "a<b",
        "a>b",
        "a^b",
        "a|b",
        "a,b",
    ),
    *("a\\b", "a\\@b", "user@host", "u:p@host", ":@host", "@host", "host:port", "host:65536"),
    *(
        "host:0",
        "host:-1",
        "host:１",
        "host:99999999",
        "[::1",
        "::1",
        "[::1]a",
        "[::1%25eth0]",
        "[::g]",
    ),
    *(
        "[127.0.0.1]",
        "[v1.a]",
        "[1::2::3]",
        "[]",
        "a" * 64,
        ".".join(["a" * 60] * 5),
        "[::ffff:0177.0.0.1]",
    ),
]


@pytest.mark.parametrize("host", UNREADABLE)
@pytest.mark.parametrize("rest", ["", "/p.png", "/@127.0.0.1/"])
def test_what_readers_could_read_differently_is_no_address(host: str, rest: str) -> None:
    assert read_address(f"https://{host}{rest}") is None
    assert not is_inside(f"https://{host}{rest}")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host",
        "/p.png",
        "//host/p.png",
        "ftp://host/p.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "blob:https://host/1",
        "https:host",
        "https:/host",
        "https:///host",
        "https:////host",
        "https:\\\\host",
        "https:/\\host",
        "https://\\host",
        "ht\ntps://host",
        "https:/\t/host",
        "httpſ://host",
        "x https://host",
        "\u00a0https://host",
        "\ufeffhttps://host",
        "https://host\\@127.0.0.1/",
        "https://host\\.evil.example/",
    ],
)
def test_nothing_else_is_an_address(url: str) -> None:
    assert read_address(url) is None


def test_what_is_encoded_stays_so_and_what_is_legal_too() -> None:
    assert percent_encode("a%20b%2F%e5 %", "%/") == "a%20b%2F%e5%20%25"


# Pieces of which hosts, paths and tricks are made.
_PIECES = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "HTTPS:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            "?",
            "#",
            "[",
            "]",
            "%",
            "%2e",
        ),
        *(
            "127.0.0.1",
            "localhost",
            "0x7f",
            "1",
            "0177",
            ".",
            "。",
            "．",
            "１",
            "::1",
            "::ffff:",
            "host",
        ),
        *(
            "例え",
            "xn--",
            "xn--r8jz45g",
            "-",
            "_",
            "\u00ad",
            "\u200d",
            "\t",
            "\n",
            " ",
            "ß",
            "ﬀ",
            "İ",
        ),
        *(
            "<",
            ">",
            '"',
            "'",
            "(",
            ")",
            "`",
            "80",
            "443",
            "example.org",
            "a",
            "é",
            "\x00",
            "\x7f",
            "&lt;",
        ),
    ]
)
_URLS = st.one_of(
    st.lists(_PIECES, max_size=8).map("".join),
    st.lists(_PIECES | st.characters(exclude_categories=["Cs"]), max_size=6).map(
        lambda pieces: "https://" + "".join(pieces)
    ),
    st.text(max_size=12).map(lambda text: f"https://{text}.example/{text}?{text}#{text}"),
)


def _lies_inside(hostname: str) -> bool:
    """Whether an address lies inside, by Python's own tables."""
    if hostname.startswith("["):
        return not IPv6Address(hostname[1:-1]).is_global
    try:
        return not IPv4Address(hostname).is_global
    except ValueError:
        return hostname.removesuffix(".").split(".")[-1] in {"localhost", "local", "internal"}


@given(_URLS)
@example("https://例え.example/ß")
@example("https://faß.example/")
@example("https://xn--fa-hia.example/")
def test_fetch_reads_the_same_host_in_what_is_an_address(readers: Readers, url: str) -> None:
    address = read_address(url)
    if address is None:
        return
    assert address.text.isascii()
    assert address.text.isprintable()
    assert " " not in address.text
    assert read_address(address.text) == address
    found = readers.url(address.text)
    if found is None:  # An `xn--` that IDNA does not know: nothing is opened then.
        assert "xn--" in address.text
        return
    host = found["hostname"]
    assert address.text.startswith(f"{found['protocol']}//{host}")
    assert (found["username"], found["password"]) == ("", "")
    assert address.is_inside or not _lies_inside(host)
    # And what the service wrote is read there as well, but where that is no address for `fetch`.
    written = readers.url(url)
    assert written is None or written["hostname"].removesuffix(".") == host


@given(_URLS | st.lists(_PIECES, max_size=5).map("".join))
@example("///127.0.0.1/p.png")
@example("https:q")
@example("https:///127.0.0.1/p.png")
@example("/\t/127.0.0.1/p.png")
def test_fetch_would_be_redirected_to_the_same_host(readers: Readers, location: str) -> None:
    at = "https://first.example/a/p.png"
    try:
        target = redirect_target(302, location, 0, at=at, allow_http=True)
    except UpstreamBroken:
        return
    assert target is not None
    read, opened = readers.url(location, at), readers.url(target)
    if read is not None and opened is not None:
        assert read["hostname"].removesuffix(".") == opened["hostname"]
        assert read["port"] == opened["port"]
