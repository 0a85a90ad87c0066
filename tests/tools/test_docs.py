"""What the documents name exists."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
import tomllib
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest
import schemathesis

from easel import routing
from easel.deployment import LIMITER_BINDING, STORE_BINDING
from easel.dialects.dialect import PaintOperation
from easel.dialects.encoder import Opened
from easel.dialects.openai_errors import OPENAI
from easel.dialects.operation_table import OperationTable
from easel.errors import MethodNotAllowed, PathNotFound, UpstreamBusy
from easel.images.request import ImageRequest
from easel.images.result import ImageResult, Picture
from easel.services.service import Service
from easel.services.wire import HttpRequest, HttpResponse
from easel.settings import Settings
from easel.token import Token
from tests.easel.dialects.incoming import incoming
from tools.openapi.document import document
from tools.runtime.workerd import PROJECT

DOCUMENTS = [
    *(PROJECT / f"{name}.md" for name in ("README", "README.zh-CN", "CONTRIBUTING", "SECURITY")),
    *PROJECT.glob("docs/**/*.md"),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    sources: defaultdict[str, str] = defaultdict(str)
    for path in PROJECT.glob("tests/**/test_*.py"):
        sources[path.name] += path.read_text("utf-8")
    for module, test in re.findall(r"(test_\w+\.py)::(test_\w+)", text):
        assert f"def {test}(" in sources[module], f"{module}::{test}"
    everything = "".join(sources.values())
    for test in re.findall(r"`::(test_\w+)`", text):
        assert f"def {test}(" in everything, test
    for module in re.findall(r"`(?:tests/[\w/]+/)?(test_\w+\.py)", text):
        assert module in sources


def test_every_promise_names_a_test() -> None:
    promises, _, _ = (PROJECT / "docs" / "trust.md").read_text("utf-8").partition("## Figures")
    rows = re.findall(r"(?m)^\| (?!promise|---)(.*) \| (.*) \|$", promises)
    assert len(rows) > 30
    for promise, shown_by in rows:
        assert re.fullmatch(
            r"`test_\w+\.py(::test_\w+)?`(, `test_\w+\.py::test_\w+`)*", shown_by
        ), promise


WIRE = PROJECT / "docs" / "wire"
PAGES = sorted(path.stem for path in WIRE.glob("[a-z]*.md"))
COUNTS = ("as it says", "otherwise", "not possible", "nothing to do")


def tables(text: str) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """The rows of the tables with the same header, by that header."""
    found: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for table in re.findall(r"(?m)(?:^\|.*\|$\n?)+", text):
        header, _, *rows = [tuple(line[2:-2].split(" | ")) for line in table.splitlines()]
        found[header] += rows
    return found


def items(page: str) -> list[tuple[str, str, str]]:
    """What a document says, what Easel does, and what that counts as."""
    text = (WIRE / f"{page}.md").read_text("utf-8")
    rows = tables(text)["the document says", "Easel, and the test that shows it", "counts as"]
    return [(said, shown, count) for said, shown, count in rows]


def test_each_service_has_its_page() -> None:
    assert sorted({service for _, service in routing.models(Settings())}) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_each_item_of_a_services_document_counts_as_one_thing_and_names_its_test(page: str) -> None:
    rows = items(page)
    assert len(rows) >= 40
    assert [row for row in rows if row[2] not in COUNTS] == []
    assert [row for row in rows if row[2] != "nothing to do" and "::test_" not in row[1]] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_test_that_a_services_page_names_is_in_the_module_that_it_names(page: str) -> None:
    """A name without a module is in the one before it in its row, else in the page's own."""
    text = (WIRE / f"{page}.md").read_text("utf-8")
    (own,) = re.findall(r"Tests are in\s`(test_\w+\.py)`", text)
    sources: defaultdict[str, str] = defaultdict(str)
    for path in PROJECT.glob("tests/**/test_*.py"):
        sources[path.name] += path.read_text("utf-8")
    for line in text.splitlines():
        module = own
        for named, test in re.findall(r"`(?:[\w/]*?(test_\w+\.py))?::(test_\w+)`", line):
            module = named or module
            assert f"def {test}(" in sources[module], f"{module}::{test}"


def test_the_counts_of_the_services_documents_are_those_of_their_pages() -> None:
    rows = re.findall(r"\((\w+)\.md\) \| ([\d |]+) \|", (WIRE / "README.md").read_text("utf-8"))
    counted = {page: [each for _, _, each in items(page)] for page in PAGES}
    assert {page: [int(number) for number in numbers.split(" | ")] for page, numbers in rows} == {
        page: [len(counts), *map(counts.count, COUNTS)] for page, counts in counted.items()
    }


@pytest.mark.parametrize(
    ("count", "reason"),
    [("otherwise", "why"), ("not possible", "why, and what happens instead")],
)
def test_what_easel_does_not_do_as_a_document_says_has_its_reason(count: str, reason: str) -> None:
    rows = tables((WIRE / "README.md").read_text("utf-8"))["document", "item", reason]
    expected = [(page, said) for page in PAGES for said, _, each in items(page) if each == count]
    assert sorted(row[:2] for row in rows) == sorted(expected)
    assert all(row[2] for row in rows)


def test_the_one_test_that_contributing_shows_exists() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    ((path, word),) = re.findall(r"`\.venv/bin/pytest (\S+) -k (\w+)`", text)
    assert re.search(rf"def test_\w*{word}", (PROJECT / path).read_text("utf-8"))


def prose(document: Path) -> str:
    """A document without its programs."""
    return re.sub(r"(?ms)^ *```.*?^ *```", "", document.read_text("utf-8"))


def anchors(document: Path) -> set[str]:
    """What GitHub makes of a document's headings."""
    headings = re.findall(r"(?m)^#+ (.*)$", prose(document))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)"
    for target, anchor in re.findall(links, prose(document)):
        there = document.parent / target if target else document
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


def test_the_readme_is_read_in_a_minute() -> None:
    assert len((PROJECT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_the_readme_leads_to_every_page() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    pages = [path.name for path in PROJECT.glob("docs/*.md")]
    assert [page for page in pages if f"(docs/{page}" not in readme] == []


CHINESE = {
    "README.md": "README.zh-CN.md",
    **{f"docs/{path.name}": f"docs/zh-CN/{path.name}" for path in PROJECT.glob("docs/zh-CN/*.md")},
}


def programs(path: str) -> list[str]:
    return re.findall(r"(?ms)^```\w*\n.*?^```", (PROJECT / path).read_text("utf-8"))


@pytest.mark.parametrize("english", CHINESE)
def test_what_stands_in_chinese_leads_to_the_english_and_back(english: str) -> None:
    chinese = PROJECT / CHINESE[english]
    assert chinese.exists()
    here, there = (PROJECT / english).read_text("utf-8"), chinese.read_text("utf-8")
    assert f"({chinese.relative_to((PROJECT / english).parent)})" in here
    assert "[English](" in there


@pytest.mark.parametrize("english", ["README.md", "docs/deploying.md"])
def test_what_is_told_in_chinese_has_the_same_commands(english: str) -> None:
    assert programs(CHINESE[english]) == programs(english)


def test_the_chinese_guides_have_only_programs_of_the_english() -> None:
    for english, chinese in CHINESE.items():
        assert [each for each in programs(chinese) if each not in programs(english)] == []


def test_each_error_has_a_line_in_chinese() -> None:
    def codes(path: str) -> list[tuple[str, str]]:
        rows = re.findall(r"(?m)^\| (\d{3}) \| ([^|]*) \|", (PROJECT / path).read_text("utf-8"))
        return [(status, code) for status, told in rows for code in re.findall(r"`(\w+)`", told)]

    assert codes("docs/zh-CN/errors.md") == codes("docs/errors.md")


def test_git_ignores_what_the_documents_commands_write() -> None:
    pages = [PROJECT / "README.md", *PROJECT.glob("docs/*.md")]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    named = r"(?:-o |tee |> |Path\(\"|save\(\"|writeFileSync\(\")([\w-]+\.(?:jpg|png|json))"
    written = sorted(set(re.findall(named, text)))
    assert written == ["answer.json", "cat.jpg"]
    ignored = (PROJECT / ".gitignore").read_text("utf-8").splitlines()
    assert {f"/{name}" for name in written} <= set(ignored)


def worked_example(wing: str) -> str:
    """The code of CONTRIBUTING.md for a module of a wing."""
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.findall(r"`src/easel/(\w+)/<name>.py`.*?```python\n(.*?\n) *```", text, re.DOTALL)
    return textwrap.dedent(dict(found)[wing])


def run_example(wing: str) -> dict[str, object]:
    """What the module of a worked example holds."""
    # A module for dataclasses to find.
    module = ModuleType(wing)
    source = compile(worked_example(wing), "CONTRIBUTING.md", "exec", dont_inherit=True)
    exec(source, vars(module))  # noqa: S102 - our own document
    return vars(module)


@pytest.mark.parametrize("wing", ["services", "dialects"])
@pytest.mark.parametrize(
    "check",
    [
        ["mypy", "{file}"],
        ["ruff", "check", "--stdin-filename={name}", "-"],
        ["ruff", "format", "--diff", "--stdin-filename={name}", "-"],
    ],
    ids=["types", "lint", "format"],
)
def test_the_worked_examples_pass_the_checks(tmp_path: Path, wing: str, check: list[str]) -> None:
    file = tmp_path / "example.py"
    file.write_text(worked_example(wing), "utf-8")
    done = subprocess.run(
        [word.format(file=file, name=f"src/easel/{wing}/example.py") for word in check],
        cwd=PROJECT,
        input=worked_example(wing),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_worked_example_of_a_service_paints() -> None:
    service = run_example("services")["SERVICE"]
    assert isinstance(service, Service)
    assert service.find("Paintbox-1") == "paintbox-1"
    access = service.access(Token("token"), Settings(), 0, "nonce")
    flow = service.generate(ImageRequest("paintbox-1", "a cat"), access)
    request = next(flow)
    assert isinstance(request, HttpRequest)
    assert request.url == "https://api.paintbox.example/v1/paint"
    assert dict(request.headers)["Authorization"] == "Bearer token"
    with pytest.raises(StopIteration) as end:
        flow.send(HttpResponse(200, b'{"data": [{"url": "https://h/p.png"}]}'))
    assert end.value.value == ImageResult((Picture("https://h/p.png"),))


def example_table() -> OperationTable:
    """What Easel would serve with the line that the worked example of a dialect asks for."""
    operations = run_example("dialects")["OPERATIONS"]
    assert isinstance(operations, tuple)
    return OperationTable((*routing.OPERATIONS, *operations))


def test_the_worked_example_of_a_dialect_is_served_after_one_more_line() -> None:
    table = example_table()
    operation = table.route("POST", "//sketch/").operation
    assert isinstance(operation, PaintOperation)
    decoded = operation.decode(incoming(b'{"model": "glm-image", "prompt": "a cat"}'))
    assert decoded.wanted == ImageRequest("glm-image", "a cat")
    encoder, result = decoded.encoder, ImageResult((Picture("https://h/p.png"),))
    assert encoder.carries_pictures(result)
    head, tail = encoder.around(0, Opened(result.pictures[0], "image/png", None))
    closing = encoder.closing(result, [UpstreamBusy("busy")], carried=True)
    assert json.loads(encoder.opening(result) + head + b"AAAA" + tail + closing) == {
        "pictures": ["data:image/png;base64,AAAA"],
        "missing": ["busy"],
    }


def test_the_worked_example_of_a_dialect_tells_its_own_errors() -> None:
    table = example_table()
    with pytest.raises(MethodNotAllowed) as not_allowed:
        table.route("GET", "/sketch")
    assert not_allowed.value.allow == ("POST", "OPTIONS")
    with pytest.raises(PathNotFound, match="POST /sketch") as not_found:
        table.route("GET", "/sketch/7")
    dialect = table.dialect_at("/sketch/7", ["x-goog-api-key"])
    assert json.loads(dialect.error(not_found.value))["problem"] == not_found.value.message
    assert table.dialect_at("/nothing") is OPENAI


def test_the_worked_example_of_a_dialect_is_in_the_openapi_document() -> None:
    described = document(example_table())
    schemathesis.openapi.from_dict(described).validate()
    operation = described["paths"]["/sketch"]["post"]
    assert operation["requestBody"]["content"].keys() == {"application/json"}
    assert operation["responses"]["404"] == {"$ref": "#/components/responses/Sketch404"}
    assert {"bearer": []} in operation["security"]


@pytest.mark.parametrize(
    ("named", "package"),
    [
        (r"OpenAI for Python\]\([^)]*\) ([\d.]+)", "openai=="),
        (r"google-genai for Python\]\([^)]*\) ([\d.]+)", "google-genai=="),
        (r"LangChain\]\([^)]*\) ([\d.]+)", "langchain-openai=="),
        (r"LiteLLM\]\([^)]*\) ([\d.]+)", "litellm=="),
        (r"\[llm\]\([^)]*\) ([\d.]+)", "llm=="),
        (r"for JavaScript\]\([^)]*\) ([\d.]+)", '"openai": "'),
        (r"@google/genai\]\([^)]*\) ([\d.]+)", '"@google/genai": "'),
        (r"Vercel AI SDK\]\([^)]*\) ([\d.]+)", '"ai": "'),
    ],
)
def test_the_guides_name_the_versions_of_clients_that_are_run(named: str, package: str) -> None:
    guides = (PROJECT / "docs" / "clients.md").read_text("utf-8")
    (version,) = re.findall(named, guides)
    dev, litellm = (PROJECT / "requirements" / f"{name}.txt" for name in ("dev", "litellm"))
    chosen = litellm if package == "litellm==" else dev
    locked = (PROJECT / "package.json" if '"' in package else chosen).read_text("utf-8")
    assert re.search(rf"^ *{re.escape(package + version)}(?!\d)", locked, re.MULTILINE)


def test_the_rate_limit_of_wrangler_toml_only_has_to_be_uncommented() -> None:
    text = (PROJECT / "wrangler.toml").read_text("utf-8")
    (block,) = re.findall(r"(?m)^# \[\[ratelimits\]\]\n(?:# .*\n)+", text)
    (limit,) = tomllib.loads(re.sub(r"(?m)^# ", "", block))["ratelimits"]
    assert limit["name"] == LIMITER_BINDING
    assert isinstance(limit["namespace_id"], str)
    assert limit["simple"]["period"] in {10, 60}


@pytest.mark.parametrize("kind", ["kv_namespaces", "r2_buckets"])
def test_a_store_of_wrangler_toml_only_has_to_be_uncommented(kind: str) -> None:
    text = (PROJECT / "wrangler.toml").read_text("utf-8")
    (block,) = re.findall(rf"(?m)^# \[\[{kind}\]\]\n(?:# .*\n)+", text)
    (store,) = tomllib.loads(re.sub(r"(?m)^# ", "", block))[kind]
    assert store == {"binding": STORE_BINDING}
