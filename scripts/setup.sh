#!/bin/sh
# Prepare this checkout: a virtual environment, the packages and, where none is found, a driver.
#
# usage: scripts/setup.sh [--with-display]
#   --with-display   also provide a virtual screen (Xvfb) for the tests that open a window
#
# Exit status: 0 ready; 3 something has to be installed by hand, and the command was printed;
# anything else: a step failed and its own message stands above.
# Set PYTHON to choose the interpreter. A second run reuses everything.
set -eu

MIN_PYTHON=3.11
VENV=.venv
STAMP=$VENV/.astraweave-setup
MANUAL=3     # exit status: a person has to install something
NO_ADAPTER=4 # exit status of the probe below
DRIVER_PACKAGES="mesa-vulkan-drivers"
COMPILER_PACKAGES="g++" # its CMake and Ninja come as wheels where there are none
# The libraries are those that GLFW loads at run time.
DISPLAY_PACKAGES="xvfb xauth libx11-6 libxcursor1 libxi6 libxinerama1 libxrandr2"

say() { printf 'setup: %s\n' "$*"; }
complain() { printf 'setup: %s\n' "$*" >&2; }

# by_hand MESSAGE COMMAND: say what is missing and the command that mends it, and stop.
by_hand() {
    complain "$1"
    printf '\n    %s\n\n' "$2" >&2
    complain "run that first, then this again"
    exit "$MANUAL"
}

have() { command -v "$1" >/dev/null 2>&1; }
may_install() { have apt-get && [ "$(id -u)" -eq 0 ]; }

# apt_install REASON PACKAGE...: as root only; announced.
apt_install() {
    reason=$1
    shift
    say "$reason; as root, so running: apt-get update && apt-get install -y --no-install-recommends $*"
    if [ -z "${apt_updated:-}" ]; then
        DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1
        apt_updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 \
        --no-install-recommends "$@" >/dev/null || return 1
}

is_recent() {
    "$1" -c "import sys; sys.exit(sys.version_info < (${MIN_PYTHON%.*}, ${MIN_PYTHON#*.}))" \
        >/dev/null 2>&1
}

find_python() {
    # shellcheck disable=SC2086  # no PYTHON means the list
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if is_recent "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    [ -z "${PYTHON:-}" ] || by_hand "PYTHON=$PYTHON does not run as Python $MIN_PYTHON or newer" \
        "unset PYTHON"
    by_hand "Python $MIN_PYTHON or newer is needed; python3 is '$(python3 --version 2>&1 || true)'" \
        "sudo apt-get install python3 python3-venv"
}

# Debian and Ubuntu ship ensurepip apart from python3, in pythonX-venv.
require_venv_module() {
    if "$1" -c 'import ensurepip, venv' 2>/dev/null; then return; fi
    case ${1##*/} in
        python3 | python3.*) package=${1##*/}-venv ;;
        *) package=python3-venv ;;
    esac
    may_install || by_hand "$1 cannot make virtual environments (no ensurepip)" \
        "sudo apt-get install $package"
    apt_install "$1 has no ensurepip" "$package"
}

# llama-cpp-python is published as source only, and is compiled when it is installed.
has_llama() {
    "$VENV/bin/python" -c 'import importlib.util as u; exit(not u.find_spec("llama_cpp"))'
}

require_compiler() {
    for compiler in ${CXX:-c++ g++ clang++}; do
        # macOS has a c++ that only asks for Xcode's tools.
        if "$compiler" --version >/dev/null 2>&1; then return; fi
    done
    [ -z "${CXX:-}" ] || by_hand "CXX=$CXX does not run" "unset CXX"
    [ "$(uname -s)" != Darwin ] || by_hand "no C++ compiler found for llama-cpp-python" \
        "xcode-select --install"
    have apt-get || by_hand "no C++ compiler found for llama-cpp-python; install your distribution's, such as" \
        "sudo dnf install gcc-c++    # or: sudo pacman -S gcc"
    may_install || by_hand "no C++ compiler found for llama-cpp-python" \
        "sudo apt-get install $COMPILER_PACKAGES"
    # shellcheck disable=SC2086  # a list of packages
    apt_install "no C++ compiler found for llama-cpp-python" $COMPILER_PACKAGES
}

# The stamp holds all that an installation depends on: where it lies and what it was asked for.
wanted_stamp() {
    pwd -P
    cat pyproject.toml
}

install_packages() {
    if [ -x "$VENV/bin/python" ] && [ -f "$STAMP" ] && wanted_stamp | cmp -s - "$STAMP"; then return; fi
    here=$(pwd -P)
    # A virtual environment does not survive being moved: its scripts hold absolute paths.
    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1 ||
        { [ -f "$STAMP" ] && [ "$(head -n 1 "$STAMP")" != "$here" ]; }; then
        python=$(find_python)
        require_venv_module "$python"
        say "making $VENV with $("$python" --version)"
        "$python" -m venv --clear "$VENV"
    fi
    rm -f "$STAMP"
    takes="about a minute"
    has_llama || {
        require_compiler
        takes="some minutes, for llama.cpp is compiled"
    }
    say "installing the packages of pyproject.toml into $VENV ($takes)"
    "$VENV/bin/python" -m pip install --disable-pip-version-check --quiet --editable '.[dev]'
    wanted_stamp >"$STAMP"
}

# The XDG run-time folder keeps EGL from complaining; the specification wants it private.
provide_runtime_dir() {
    case ${XDG_RUNTIME_DIR:-} in
        "" | */"$VENV"/runtime) XDG_RUNTIME_DIR=$PWD/$VENV/runtime ;;
        *) return ;;
    esac
    export XDG_RUNTIME_DIR
    mkdir -p "$XDG_RUNTIME_DIR"
    chmod 700 "$XDG_RUNTIME_DIR"
}

# GL alone does not do: simulation and tests are specified on Vulkan, Metal and Direct3D 12.
probe_adapter() {
    "$VENV/bin/python" - <<PYTHON
import sys, wgpu
modern = {"Vulkan", "Metal", "D3D12"}
infos = [adapter.info for adapter in wgpu.gpu.enumerate_adapters_sync()]
found = [info["device"] for info in infos if info["backend_type"] in modern]
print(", ".join(found))
sys.exit(0 if found else $NO_ADAPTER)
PYTHON
}

# has_adapter: 0 yes, 1 no; a probe that breaks ends the set-up with its own message.
has_adapter() {
    status=0
    probe_adapter >/dev/null || status=$?
    case $status in
        0) return 0 ;;
        "$NO_ADAPTER") return 1 ;;
    esac
    complain "looking for graphics adapters failed (see above)"
    exit 1
}

require_driver() {
    [ "$(uname -s)" != Darwin ] || return 0 # Metal is part of macOS
    if has_adapter; then return; fi
    have apt-get || by_hand "no Vulkan adapter found; install your distribution's Vulkan driver, such as" \
        "sudo dnf install mesa-vulkan-drivers    # or: sudo pacman -S vulkan-swrast"
    may_install || by_hand "no Vulkan adapter found" "sudo apt-get install $DRIVER_PACKAGES"
    # shellcheck disable=SC2086  # a list of packages
    apt_install "no Vulkan adapter found" $DRIVER_PACKAGES
    if has_adapter; then return; fi
    complain "still no Vulkan adapter after installing $DRIVER_PACKAGES"
    for name in VK_DRIVER_FILES VK_ICD_FILENAMES; do
        eval "value=\${$name:-}"
        # shellcheck disable=SC2154  # set by eval
        [ -z "$value" ] || by_hand "$name=$value hides the installed drivers" "unset $name"
    done
    by_hand "see which drivers the loader finds" "sudo apt-get install vulkan-tools && vulkaninfo --summary"
}

# Never fatal: the tests that need a screen are skipped and say so.
offer_display() {
    if [ "$(uname -s)" = Darwin ] || have Xvfb; then return; fi
    # shellcheck disable=SC2086  # a list of packages
    if may_install && apt_install "no virtual screen for the window tests" $DISPLAY_PACKAGES; then return; fi
    say "no virtual screen: the window tests will be skipped; to run them:" \
        "sudo apt-get install $DISPLAY_PACKAGES"
}

main() {
    cd "$(dirname "$0")/.."
    with_display=
    for argument in "$@"; do
        case $argument in
            --with-display) with_display=yes ;;
            *)
                complain "unknown option '$argument'; usage: scripts/setup.sh [--with-display]"
                exit 2
                ;;
        esac
    done
    case $(uname -s) in
        Linux | Darwin) ;;
        *) by_hand "this script is for Linux and macOS; elsewhere use pip" \
            "python -m pip install --editable .[dev]" ;;
    esac
    install_packages
    # A short command takes half as long if Python need not compile its modules first.
    "$VENV/bin/python" -m compileall -q engine ai rag || :
    provide_runtime_dir
    require_driver
    [ -z "$with_display" ] || offer_display
}

main "$@"
