"""openai-node against Easel on workerd."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.worker.conftest import PICTURES, TOKEN, Easel


def test_openai_node_reads_streams_answers_and_errors(easel: Easel) -> None:
    program = Path(__file__).with_name("openai_node.mjs")
    done = subprocess.run(
        ["node", str(program), f"{easel.url}/v1", TOKEN],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    link = f"![image]({PICTURES}/"
    assert [content.startswith(link) for content in seen["contents"]] == [True, True, True]
    assert seen["errors"] == [
        ["AuthenticationError", 401, "invalid_api_key"],
        ["BadRequestError", 400, "content_policy_violation"],
        ["APIError", None, "upstream_too_slow"],
    ]
    assert seen["models"] == 27
