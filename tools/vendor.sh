#!/bin/sh
# Puts the Worker's own packages into python_modules: for Python 3.14 on WebAssembly, whatever this
# machine is. The set-up runs it, and so does Cloudflare where it builds a fork.
set -eu
rm -rf python_modules
# Cloudflare's builder runs `pip install .` before, which leaves this; it would be uploaded too.
rm -rf src/easel.egg-info
pip install --quiet --require-hashes --no-deps --no-compile --only-binary=:all: \
	--target python_modules --python-version 3.14 --implementation cp --abi cp314 \
	--platform pyemscripten_2026_0_wasm32 --requirement requirements/worker.txt
# wrangler takes the folder for the Worker's packages by this file.
touch python_modules/pyvenv.cfg
