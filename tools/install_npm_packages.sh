#!/bin/sh
# Installs the locked npm packages. The machine's own npm is preferred: it knows the machine's
# proxies and certificates. Where there is none, the one that came with the Python packages does.
# In: the PATH of the machine, without what the set-up has put in front of it, and npm's options.
set -eu
machine_path=$1
shift
if PATH=$machine_path command -v npm >/dev/null 2>&1; then
	PATH=$machine_path
	export PATH
fi
exec npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error --no-update-notifier "$@"
