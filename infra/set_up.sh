#!/bin/sh
# Creates .venv with the locked dependencies. make runs it when the lock files change.
#   PYTHON=python3.12      the interpreter for .venv; by default the newest suitable one
#   INSTALLER=pip          install with pip instead of uv
set -eu

REQUIRED="Python 3.11 or newer, with its venv module"
CANDIDATES="python3.14 python3.13 python3.12 python3.11 python3 python"
HERE=.venv/bin/python

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_venv() {
    "$1" -c 'import venv, ensurepip' >/dev/null 2>&1
}

version_of() {
    "$1" -c 'import sys; print("Python %d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo "does not run"
}

stop() {
    echo "set-up: $1" >&2
    exit 1
}

explain_unsuitable() {
    if ! command -v "$1" >/dev/null 2>&1; then
        stop "PYTHON=$1 is not a command. Required: $REQUIRED."
    elif ! new_enough "$1"; then
        stop "PYTHON=$1 is not suitable ($(version_of "$1")). Required: $REQUIRED."
    fi
    stop "$1 ($(version_of "$1")) has no venv module. On Debian or Ubuntu: apt-get install python3-venv."
}

explain_none() {
    found=""
    for candidate in $CANDIDATES; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        new_enough "$candidate" && explain_unsuitable "$candidate"
        found="$found $candidate ($(version_of "$candidate"));"
    done
    stop "no suitable interpreter. Required: $REQUIRED. Found:${found:- none}
set-up: install one, or name it: make PYTHON=/path/to/python3 test"
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        if new_enough "$PYTHON" && has_venv "$PYTHON"; then
            python=$PYTHON
            return
        fi
        explain_unsuitable "$PYTHON"
    fi
    for python in $CANDIDATES; do
        if new_enough "$python" && has_venv "$python"; then
            return
        fi
    done
    explain_none
}

with_uv() {
    # Variables of the caller may point uv to another project or environment.
    "$HERE" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt &&
        env -u VIRTUAL_ENV -u UV_PROJECT "$HERE" -m uv pip install --quiet --python "$HERE" \
            --require-hashes -r requirements/dev.txt
}

with_pip() {
    "$HERE" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
}

# Recreate a .venv that is incomplete, was moved, or has lost its interpreter.
if ! new_enough "$HERE" || ! "$HERE" -m pip --version >/dev/null 2>&1; then
    find_python
    echo "set-up: creating .venv with $python ($(version_of "$python"))"
    "$python" -m venv --clear .venv
fi

if [ "${INSTALLER:-uv}" = pip ]; then
    echo "set-up: installing the locked dependencies with pip"
    with_pip
elif ! with_uv; then
    echo "set-up: uv failed; installing with pip (slower)" >&2
    with_pip
fi
