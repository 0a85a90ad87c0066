#!/bin/sh
# step.sh WHAT COMMAND…: runs a step of the set-up. Prints what it is, then how many seconds it took;
# the output of the command is shown only where it fails.
set -eu
what=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
printf 'easel: %s … ' "$what"
started=$(date +%s)
if "$@" >"$log" 2>&1; then
	echo "$(($(date +%s) - started)) s"
else
	echo "failed"
	cat "$log" >&2
	exit 1
fi
