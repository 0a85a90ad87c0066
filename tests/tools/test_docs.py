"""What the documents name exists."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from easel.image import ImageRequest, Painted, Picture
from easel.settings import Settings
from easel.token import Token
from easel.upstream import Access, Upstream
from easel.wire import HttpRequest, HttpResponse
from tools.runtime.workerd import PROJECT

DOCUMENTS = [
    *(PROJECT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY")),
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


def test_the_one_test_that_contributing_shows_exists() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    ((path, word),) = re.findall(r"`\.venv/bin/pytest (\S+) -k (\w+)`", text)
    assert re.search(rf"def test_\w*{word}", (PROJECT / path).read_text("utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), target


def test_git_ignores_what_the_readmes_commands_write() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    named = r"(?:-o |tee |> |Path\(\"|save\(\"|writeFileSync\(\")([\w-]+\.(?:jpg|png|json))"
    written = sorted(set(re.findall(named, text)))
    assert written == ["answer.json", "cat.jpg"]
    ignored = (PROJECT / ".gitignore").read_text("utf-8").splitlines()
    assert {f"/{name}" for name in written} <= set(ignored)


def test_the_worked_example_of_an_upstream_paints() -> None:
    """The code of CONTRIBUTING.md, run as it stands there."""
    (code,) = re.findall(
        r"```python\n(.*?)\n *```", (PROJECT / "CONTRIBUTING.md").read_text(), re.DOTALL
    )
    module: dict[str, object] = {}
    source = compile(textwrap.dedent(code), "CONTRIBUTING.md", "exec", dont_inherit=True)
    exec(source, module)  # noqa: S102 - our own document
    upstream = module["UPSTREAM"]
    assert isinstance(upstream, Upstream)
    assert upstream.find("Paintbox-1") == "paintbox-1"
    flow = upstream.generate(
        ImageRequest("paintbox-1", "a cat"), Access(Token("token"), Settings(), 0, "nonce")
    )
    request = next(flow)
    assert isinstance(request, HttpRequest)
    assert request.url == "https://api.paintbox.example/v1/paint"
    assert dict(request.headers)["Authorization"] == "Bearer token"
    with pytest.raises(StopIteration) as end:
        flow.send(HttpResponse(200, b'{"data": [{"url": "https://h/p.png"}]}'))
    assert end.value.value == Painted((Picture("https://h/p.png"),))


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
def test_the_readme_names_the_versions_of_clients_that_are_run(named: str, package: str) -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    (version,) = re.findall(named, readme)
    dev, litellm = (PROJECT / "requirements" / f"{name}.txt" for name in ("dev", "litellm"))
    chosen = litellm if package == "litellm==" else dev
    locked = (PROJECT / "package.json" if '"' in package else chosen).read_text("utf-8")
    assert re.search(rf"^ *{re.escape(package + version)}(?!\d)", locked, re.MULTILINE)


def test_the_rate_limit_of_wrangler_toml_only_has_to_be_uncommented() -> None:
    text = (PROJECT / "wrangler.toml").read_text("utf-8")
    (block,) = re.findall(r"(?m)^# \[\[ratelimits\]\]\n(?:# .*\n)+", text)
    (limit,) = tomllib.loads(re.sub(r"(?m)^# ", "", block))["ratelimits"]
    limiter = (PROJECT / "src" / "edge" / "limiter.py").read_text("utf-8")
    assert f'BINDING: Final = "{limit["name"]}"' in limiter
    assert isinstance(limit["namespace_id"], str)
    assert limit["simple"]["period"] in {10, 60}
