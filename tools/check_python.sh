#!/bin/sh
# check_python.sh PYTHON: whether the set-up can begin with this Python. One line where it cannot.
set -eu

refuse() {
    echo "easel: $1; 'make PYTHON=/path/to/python3' names one" >&2
    exit 1
}

[ -n "$1" ] || refuse "Python 3.11 or newer is needed"
# Also on a Python of long ago, and on what is no Python at all.
version=$("$1" -c 'import sys; sys.stdout.write("%d.%d" % sys.version_info[:2])' 2> /dev/null < /dev/null) || version=
case $version in
[0-9]*.[0-9]*) ;;
*) refuse "Python 3.11 or newer is needed, and $1 is no Python" ;;
esac
"$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1 || refuse "Python 3.11 or newer is needed, and $1 is $version"
"$1" -c 'import ensurepip, venv' > /dev/null 2>&1 || refuse "$1 has no venv, which the set-up needs (Debian and Ubuntu: apt install python3-venv)"
