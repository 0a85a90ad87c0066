#!/bin/sh
# button.sh NPM: builds Easel as Cloudflare builds a fork, without uploading it: what is committed,
# in an empty folder, with npm and pip alone. Prints what each step took, and ends with 1 where one fails.
# The order, `pip install .` where there is a pyproject.toml, and npm 10.9.2 beside Node 22 and
# Python 3.13 are those of Cloudflare's build image (developers.cloudflare.com/workers/ci-cd/builds,
# and public build logs, 2026-11).
set -eu
version=$1
step=$(dirname "$0")/step.sh
step=$(cd "$(dirname "$step")" && pwd)/step.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone --quiet . "$folder/repo"
npm install --silent --no-audit --no-fund --prefix "$folder/tools" "npm@$version"
python -m venv "$folder/python"
npm="node $folder/tools/node_modules/npm/bin/npm-cli.js"
export HOME="$folder/home" npm_config_cache="$folder/cache" CI=true WORKERS_CI=1
PATH=$folder/python/bin:$PATH
mkdir "$HOME"
cd "$folder/repo"
"$step" "pip install ." pip install --quiet .
"$step" "npm clean-install" $npm clean-install --progress=false
"$step" "npm run build" $npm run build
"$step" "npx wrangler deploy, without the upload" npx wrangler deploy --dry-run --outdir "$folder/dist"
test -s "$folder/dist/entry.py"
if [ -e "$folder/dist/easel.egg-info" ]; then
	echo "easel: what pip leaves in src would be uploaded" >&2
	exit 1
fi
echo "easel: Cloudflare's builder can build what is committed"
