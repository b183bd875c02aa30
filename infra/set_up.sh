#!/bin/sh
# Makes .venv with the locked dependencies. Run by make whenever the lock files change.
#   PYTHON=python3.12      the interpreter to build .venv with; otherwise the newest fit one is taken
#   INSTALLER=pip          do without uv
set -eu

WANTED="Python 3.11 or newer, with its venv module"
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

explain_unfit() {
    if ! command -v "$1" >/dev/null 2>&1; then
        stop "PYTHON=$1 is not a command here. Needed: $WANTED."
    elif ! new_enough "$1"; then
        stop "PYTHON=$1 is unfit ($(version_of "$1")). Needed: $WANTED."
    fi
    stop "$1 ($(version_of "$1")) lacks its venv module. On Debian or Ubuntu: apt-get install python3-venv."
}

explain_none() {
    found=""
    for candidate in $CANDIDATES; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        new_enough "$candidate" && explain_unfit "$candidate"
        found="$found $candidate ($(version_of "$candidate"));"
    done
    stop "no fit interpreter. Needed: $WANTED. Found:${found:- none}
set-up: install one, or name it: make PYTHON=/path/to/python3 test"
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        if new_enough "$PYTHON" && has_venv "$PYTHON"; then
            python=$PYTHON
            return
        fi
        explain_unfit "$PYTHON"
    fi
    for python in $CANDIDATES; do
        if new_enough "$python" && has_venv "$python"; then
            return
        fi
    done
    explain_none
}

with_uv() {
    # The environment that make runs in may point uv at another project or environment.
    "$HERE" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt &&
        env -u VIRTUAL_ENV -u UV_PROJECT "$HERE" -m uv pip install --quiet --python "$HERE" \
            --require-hashes -r requirements/dev.txt
}

with_pip() {
    "$HERE" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
}

# A .venv that was left half made, moved, or whose interpreter is gone is made anew.
if ! new_enough "$HERE" || ! "$HERE" -m pip --version >/dev/null 2>&1; then
    find_python
    echo "set-up: making .venv with $python ($(version_of "$python"))"
    "$python" -m venv --clear .venv
fi

if [ "${INSTALLER:-uv}" = pip ]; then
    echo "set-up: installing the locked dependencies with pip"
    with_pip
elif ! with_uv; then
    echo "set-up: uv did not do it; trying again with plain pip (slower)" >&2
    with_pip
fi
