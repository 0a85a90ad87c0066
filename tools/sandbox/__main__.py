"""`python -m tools.sandbox --port N`: the sandbox on loopback until it is told to stop."""

from __future__ import annotations

import argparse

from tools.sandbox.server import server
from tools.sandbox.state import Sandbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--paint-seconds", type=float, default=1.0)
    options = parser.parse_args()
    base_url = f"http://127.0.0.1:{options.port}"
    sandbox = Sandbox(base_url, base_url, paint_seconds=options.paint_seconds)
    server(sandbox, options.port).run()


if __name__ == "__main__":
    main()
