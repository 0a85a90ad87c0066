#!/bin/sh
# workerd as Miniflare starts it, told where the Pyodide bundle lies. MINIFLARE_WORKERD_PATH names
# this file.
set -eu
runtime=$(cd "$(dirname "$0")/../../.easel/runtime" && pwd)
if [ "${1-}" = serve ]; then
	shift
	exec "$runtime/workerd" serve --pyodide-bundle-disk-cache-dir="$runtime" "$@"
fi
exec "$runtime/workerd" "$@"
