#!/bin/sh
# Sets this machine up, builds envlock and shows or tests it: ./setup.sh help
set -eu
cd "$(dirname "$0")"

BUILD_PACKAGES="g++ cmake ninja-build pkgconf libsolv-dev libyaml-cpp-dev nlohmann-json3-dev libcurl4-openssl-dev
  libssl-dev libcli11-dev catch2 libsimdjson-dev libzstd-dev libarchive-dev libtomlplusplus-dev libfmt-dev libre2-dev
  zlib1g-dev python3"
TEST_PACKAGES="git python3-jsonschema python3-numpy clang-format clang-tidy libmpfr-dev patchelf liblapack3 libblas3
  libopenblas0-serial libopenblas0-pthread libopenblas0-openmp libblis4-serial"
# Tests that need one of these say "skipped: why" where the distribution does not have it.
OPTIONAL_TEST_PACKAGES="clang-19 libatlas3-base python3-torch"

usage() {
  cat <<'TEXT'
usage: ./setup.sh demo    install what is missing, build; lock, install and verify the example, offline; run the probe
       ./setup.sh test    install what is missing, build with warnings as errors, check the format, run all tests
       ./setup.sh lint    clang-tidy over the sources that differ from the main branch; `lint all`: over all of them

Installs packages of the distribution with apt-get, and only those that are missing (with sudo unless you are root).
Made for Debian 12 or newer and Ubuntu 24.04 or newer. Elsewhere install a C++20 compiler, CMake 3.25 and the libraries
that lib/dependencies.cmake names; the rest works the same.
TEXT
}

say() { printf '== %s\n' "$*"; }
fail() { printf 'setup.sh: %s\n' "$*" >&2; exit 2; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

install_missing() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "no apt-get here: taking for granted that the libraries of lib/dependencies.cmake are installed"
    return
  fi
  missing=
  for package in "$@"; do
    installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || { say "all packages are installed"; return; }
  as_root=
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "as root, run first: apt-get install$missing"
    as_root=sudo
  fi
  say "installing$missing"
  $as_root apt-get update -q
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

# Those of the packages named that are installed, or can be.
available() {
  for package in "$@"; do
    if installed "$package" || apt-cache show "$package" >/dev/null 2>&1; then echo "$package"; fi
  done
}

check_cmake() {
  version=$(cmake --version 2>/dev/null | sed -n '1s/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
  [ -n "$version" ] || fail "cmake is not installed"
  [ "${version%%.*}" -gt 3 ] || [ "${version#*.}" -ge 25 ] ||
    fail "cmake $version is too old, 3.25 is needed: use Debian 12, Ubuntu 24.04 or newer"
}

# As many jobs as there are processors, but no more than memory holds compilers of 1.2 GB.
jobs() {
  processors=$(nproc 2>/dev/null || echo 2)
  fitting=$(awk '/^MemAvailable:/ { print int($2 / 1200000) }' /proc/meminfo 2>/dev/null || echo "$processors")
  [ "${fitting:-1}" -ge 1 ] || fitting=1
  [ "$processors" -le "$fitting" ] && echo "$processors" || echo "$fitting"
}

# build PRESET [OPTION...]
build() {
  preset=$1
  shift
  check_cmake
  say "configuring and building preset $preset with $(jobs) jobs"
  cmake --preset "$preset"
  cmake --build --preset "$preset" --parallel "$(jobs)" "$@"
}

# The versions of clang-format do not agree with each other; 14 decides.
check_format() {
  case "$(clang-format --version 2>/dev/null)" in
    *"version 14."*)
      say "checking the format of $(sources | wc -l) files"
      sources | xargs clang-format --dry-run --Werror ;;
    *) say "skipped: the format is checked with clang-format 14 only" ;;
  esac
}

sources() { git ls-files '*.h' '*.cpp' 2>/dev/null || find lib tools tests -name '*.h' -o -name '*.cpp'; }

# Sources to look at: those that differ from where this branch left the main one.
changed_sources() {
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null || echo HEAD)
  [ "$base" != "$(git rev-parse HEAD)" ] || base=HEAD~1
  { git diff --name-only --diff-filter=d "$base"; git ls-files --others --exclude-standard; } | grep '\.cpp$' | sort -u
}

lint() {
  install_missing $BUILD_PACKAGES $TEST_PACKAGES
  check_cmake
  [ -f build/ci/compile_commands.json ] || cmake --preset ci
  if [ "${1:-}" = all ]; then
    files=$(git ls-files 'lib/*.cpp' 'tools/*.cpp')
  else
    files=$(changed_sources | grep -E '^(lib|tools)/' || true)
  fi
  [ -n "$files" ] || { say "no changed sources"; return; }
  say "clang-tidy over $(echo "$files" | wc -l) files"
  echo "$files" | xargs -P "$(jobs)" -n 1 clang-tidy --quiet -p build/ci --extra-arg=-Wno-unknown-warning-option
}

demo() {
  install_missing $BUILD_PACKAGES
  build release --target envlock
  envlock=build/release/tools/envlock/envlock
  mkdir -p build/demo
  rm -rf build/demo/envlock.lock build/demo/env
  say "locking the conda part of fixtures/environments/train.yml for four platforms, offline (its pip: section needs an index)"
  sed 's/^/   | /' fixtures/environments/train.yml
  show $envlock lock fixtures/environments/train.yml -o build/demo/envlock.lock --conda-only --offline --cache build/demo/cache
  show $envlock lock fixtures/environments/train.yml -o build/demo/envlock.lock --conda-only --check
  show $envlock why pytorch build/demo/envlock.lock -p linux-64
  say "installing it, with toys in the packages' places, and proving that what was installed is the lock"
  show $envlock install build/demo/envlock.lock -p build/demo/env --offline --no-compile --cache build/demo/cache
  show $envlock verify build/demo/envlock.lock -p build/demo/env --offline --cache build/demo/cache
  say "training the probe: does this machine compute what it should?"
  show $envlock probe run
  say "the environment: build/demo/env; the lock: build/demo/envlock.lock, $(wc -l <build/demo/envlock.lock) lines; the program: $envlock"
}

show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

run_tests() {
  install_missing $BUILD_PACKAGES $TEST_PACKAGES
  command -v apt-cache >/dev/null && install_missing $(available $OPTIONAL_TEST_PACKAGES)
  status=0
  check_format || { status=1; say "the format differs: run clang-format -i on the files above"; }
  build ci
  say "checking that every public header compiles alone"
  cmake --build --preset ci --target all_verify_interface_header_sets --parallel "$(jobs)"
  say "running the tests"
  ctest --preset ci --parallel "$(jobs)" || status=1
  [ $status = 0 ] && say "all is well" || say "something failed: see above"
  return $status
}

case "${1:-help}" in
  demo) demo ;;
  test) run_tests ;;
  lint) lint "${2:-}" ;;
  help | -h | --help) usage ;;
  *) usage >&2; exit 2 ;;
esac
