#!/bin/sh
# Installs a lock's Python packages into a virtual environment, by uv. Where uv cannot, pip does: it
# may have been told of an index or a proxy of this machine's.
#
# usage: install_python_packages.sh ENVIRONMENT LOCK
set -eu
pip install --quiet --require-hashes --requirement requirements/uv.txt
uv pip install --quiet --python "$1/bin/python" --require-hashes --requirement "$2" || {
	echo "easel: uv could not install $2; pip tries" >&2
	pip --python "$1/bin/python" install --quiet --require-hashes --requirement "$2"
}
