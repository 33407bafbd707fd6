# What must be there before the installer starts, and how to get it. Read in by install.sh.

# preflight: finds a Python, looks at disks and permissions, and names all that is missing at once.
preflight() {
  problems='' packages='' megabytes=1000
  [ -n "$no_model" ] || has_model || megabytes=3500
  [ -n "$no_model" ] || ! apple_silicon || megabytes=$((megabytes + 1300)) # the model in MLX's form
  find_python || packages=python problems="
- no Python 3.9 or newer with venv, ensurepip, ssl and ctypes was found"
  # A compiler that alone is missing may not be needed: the build says so when it comes to it.
  if [ -n "$packages" ] && ! has_compiler && ! has_wheel; then
    packages='python compiler' problems="$problems
- no C and C++ compiler was found; llama.cpp is built here unless a ready-made wheel is to be had"
  fi
  check_place "$prefix" "$megabytes" '--prefix DIR'
  check_place "$wheel_cache" 100 XDG_CACHE_HOME=DIR
  [ -n "$dev" ] || check_place "$caro_home" "$megabytes" CARO_HOME=DIR
  [ -z "$problems" ] || die "not everything is there yet:$problems${packages:+
This brings it:
$(fix_for "$packages")}
Then run ./install.sh again."
}

# find_python: sets `python` to a real interpreter (no shim) that can make environments.
find_python() {
  set -- python3 python3.13 python3.12 python3.11 python3.10 python3.9
  [ -z "${PYTHON-}" ] || set -- "$PYTHON"
  for candidate; do
    python=$("$candidate" -c '
import sys
if sys.version_info < (3, 9): sys.exit(1)
import ctypes, ensurepip, ssl, venv
print(sys.executable)' 2>/dev/null) && return
  done
  return 1
}

# check_place DIR MEGABYTES OPTION: can it be written, and is there room?
check_place() {
  place=$1
  while [ ! -d "$place" ]; do place=$(dirname -- "$place"); done
  if [ ! -w "$place" ]; then
    problems="$problems
- $1 cannot be written; choose another place with $3"
    return
  fi
  # The column before the percentage: names with blanks move the others. No percentage, nothing to run out of.
  free=$(df -Pk -- "$place" | awk -v "free=$2" '
    NR == 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+%$/) free = int($(i - 1) / 1024) }
    END { print free }')
  [ "$free" -ge "$2" ] || problems="$problems
- $1 has $free MB free, and $2 MB are needed; make room, or choose another place with $3"
}

# can_use SHELL: is it here, and new enough? macOS brings bash 3.2, which the hook cannot use.
can_use() {
  command -v "$1" >/dev/null || return 1
  [ "$1" != bash ] || bash -c '[ "${BASH_VERSINFO[0]}" -ge 4 ]'
}

apple_silicon() { [ "$(uname -s) $(uname -m)" = 'Darwin arm64' ]; }
has_compiler() { command -v "${CC:-cc}" >/dev/null && command -v "${CXX:-c++}" >/dev/null; }
has_wheel() { [ -n "$(find "$wheels" -name '*.whl' 2>/dev/null)" ]; }
has_model() { [ -n "$(find "$caro_home/models" "$here/models" -name '*.gguf' -size +1000000k 2>/dev/null)" ]; }

# fix_for 'python', 'compiler' or both: the commands that bring them on this system.
fix_for() {
  sudo='sudo '
  [ "$(id -u)" -ne 0 ] || sudo=''
  if [ "$(uname -s)" = Darwin ]; then
    for_python='brew install python@3.13' for_compiler='xcode-select --install'
  elif command -v apt-get >/dev/null; then
    for_python="${sudo}apt-get install -y python3 python3-venv" for_compiler="${sudo}apt-get install -y build-essential"
  elif command -v dnf >/dev/null; then
    for_python="${sudo}dnf install -y python3" for_compiler="${sudo}dnf install -y gcc gcc-c++"
  else
    for_python='(your package manager) Python 3.9 or newer, with venv' for_compiler='(your package manager) gcc and g++'
  fi
  case $1 in *python*) echo "  $for_python" ;; esac
  case $1 in *compiler*) echo "  $for_compiler" ;; esac
}
