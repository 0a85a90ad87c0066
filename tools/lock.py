"""Names in `package-lock.json` the packages of every platform.

A package such as workerd comes in one for each platform, all of them optional. `npm ci`, with which
Cloudflare builds a fork, refuses a lock that leaves one out, and a registry that does not have one
makes npm leave it out. So `python -m tools.lock` adds what is missing: its exact version, which the
package that wants it names, and its platform, which is in its name. No checksum is known for it:
npm skips it elsewhere, and takes what the registry has on that platform.

A name that says no platform is an error: it would be installed everywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

# How names spell what npm calls `os`, `cpu` and `libc`.
SYSTEMS: Final = {
    **{name: name for name in ("aix", "android", "darwin", "freebsd", "linux", "netbsd")},
    **{name: name for name in ("openbsd", "openharmony", "sunos", "win32")},
    "windows": "win32",
    "linuxmusl": "linux",
}
PROCESSORS: Final = {
    **{name: name for name in ("arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64")},
    **{name: name for name in ("s390x", "x64")},
    "64": "x64",
}
LIBRARIES: Final = {
    **dict.fromkeys(("gnu", "gnueabihf"), "glibc"),
    **dict.fromkeys(("linuxmusl", "musl", "musleabihf"), "musl"),
}

Lock = dict[str, Any]


def platform_of(name: str) -> dict[str, list[str]]:
    """What npm calls `cpu`, `libc` and `os`, from a name such as `@oxlint/binding-linux-x64-gnu`.

    Raises ValueError where the name says no system or no processor.
    """
    words = re.split(r"[-/]", name)
    system = [SYSTEMS[word] for word in words if word in SYSTEMS]
    processor = [PROCESSORS[word] for word in words if word in PROCESSORS]
    library = [LIBRARIES[word] for word in words if word in LIBRARIES]
    if len(system) != 1 or len(processor) != 1:
        raise ValueError(f"{name} does not say for which platform it is: lock it by hand.")
    return {"cpu": processor, **({"libc": library} if library else {}), "os": system}


def missing(packages: Mapping[str, Lock]) -> dict[str, Lock]:
    """An entry for each optional package that `packages` wants and does not have."""
    found: dict[str, Lock] = {}
    for wanting in packages.values():
        for name, version in wanting.get("optionalDependencies", {}).items():
            if f"node_modules/{name}" not in packages:
                entry: Lock = {
                    "version": version,
                    **platform_of(name),
                    **{key: wanting[key] for key in ("dev", "license") if key in wanting},
                    "optional": True,
                }
                order = ("version", "cpu", "dev", "libc", "license", "optional", "os")
                found[f"node_modules/{name}"] = {key: entry[key] for key in order if key in entry}
    return found


def completed(lock: Lock) -> Lock:
    """`lock` with every platform."""
    packages = lock["packages"]
    return {**lock, "packages": dict(sorted({**packages, **missing(packages)}.items()))}


def main() -> None:
    path = Path("package-lock.json")
    lock = completed(json.loads(path.read_text("utf-8")))
    path.write_text(json.dumps(lock, ensure_ascii=False, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
