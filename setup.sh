# Sourced by ./run and ./test: makes .venv and keeps it equal to the locked requirements.
# Usage: REQUIREMENTS=run|test; . ./setup.sh
# POSIX sh. Everything lands in .venv inside this folder; an interrupted run is simply repeated.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3.14 python3 python; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        "$candidate" -c 'import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1 || continue
        printf '%s' "$candidate"
        return 0
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1; then sudo "$@"; else return 1; fi
}

ensure_python() {
    python=$(find_python) && return 0
    if command -v apt-get >/dev/null 2>&1; then
        say 'Installing python3 and python3-venv …'
        as_root apt-get update -qq >&2 && as_root apt-get install -y -qq python3 python3-venv >&2 || true
        python=$(find_python) && return 0
    fi
    die 'Python 3.11 to 3.14 with its venv module is needed: apt-get install python3 python3-venv, or brew install python@3.13.'
}

checksum() {
    if command -v sha256sum >/dev/null 2>&1; then cat "$@" | sha256sum; else cat "$@" | shasum -a 256; fi | cut -d ' ' -f 1
}

# A mirror that is set for pip (usual in China) holds for uv as well.
mirror_for_uv() {
    [ -n "${UV_DEFAULT_INDEX:-}" ] && return 0
    mirror=${PIP_INDEX_URL:-$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)}
    [ -z "$mirror" ] || export UV_DEFAULT_INDEX="$mirror"
}

install_with_uv() {
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/uv.txt >&2 || return 1
    mirror_for_uv
    UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --system-certs --compile-bytecode --require-hashes --no-deps -r "$1" >&2
}

install_with_pip() {
    say 'Installing with pip instead …'
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r "$1" >&2
}

install() {
    lock="requirements/$1.txt"
    wanted=$(checksum "$lock" requirements/uv.txt)
    # The test requirements contain those of a run.
    [ -f .venv/stamp-test ] && [ "$(cat .venv/stamp-test)" = "$(checksum requirements/test.txt requirements/uv.txt)" ] && return 0
    [ -f ".venv/stamp-$1" ] && [ "$(cat ".venv/stamp-$1")" = "$wanted" ] && return 0
    say "Installing what Matchmaker needs into .venv (once; about half a minute) …"
    install_with_uv "$lock" || install_with_pip "$lock" || die 'The packages could not be installed. Check the network or the mirror that pip is set to, then run this again.'
    printf '%s' "$wanted" >".venv/stamp-$1"
}

make_venv() {
    if [ -x .venv/bin/python ] && .venv/bin/python -c '' >/dev/null 2>&1; then return 0; fi
    ensure_python
    rm -rf .venv
    "$python" -m venv .venv || die "A virtual environment could not be made in $PWD/.venv."
}

compile_translations() {
    for po in translations/*/LC_MESSAGES/messages.po; do
        [ -f "$po" ] || continue
        mo=${po%.po}.mo
        [ -f "$mo" ] && [ ! "$po" -nt "$mo" ] && continue
        .venv/bin/pybabel -q compile -i "$po" -o "$mo" >&2
    done
}

# Only one set-up at a time; a lock left by a killed one is taken over after two minutes.
lock_setup() {
    tries=0
    until mkdir .setup-lock 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -gt 120 ] && break
        sleep 1
    done
    trap 'rmdir .setup-lock 2>/dev/null || true' EXIT INT TERM HUP
}

lock_setup
make_venv
install "$REQUIREMENTS"
compile_translations
rmdir .setup-lock 2>/dev/null || true
trap - EXIT INT TERM HUP
