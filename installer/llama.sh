# llama-cpp-python: from a wheel built here before, a ready-made one, or the source. Read in by install.sh.

# wheel_directory: wheels are kept by processor, since one built here may use instructions that another
# lacks. pip's own cache does not tell them apart and is bypassed for this package.
wheel_directory() {
  processor=$(sed -n -e '/^flags/{p;q;}' -e '/^Features/{p;q;}' /proc/cpuinfo 2>/dev/null ||
    sysctl -n machdep.cpu.brand_string 2>/dev/null || :)
  key=$(printf '%s\n' "$processor" "${CMAKE_ARGS-}" | cksum | cut -d ' ' -f 1)
  printf '%s\n' "$wheel_cache/llama-cpp-python-$llama_version-$(uname -s)-$(uname -m)-$key"
}

install_llama() {
  begin llama.cpp
  { llama_installed && llama_loads; } || replace_llama
  finish
}

replace_llama() {
  mkdir -p -- "$wheel_cache"
  for source in has_wheel download_wheel build_wheel; do
    "$source" || continue
    run 'replacing llama.cpp' pip uninstall --yes llama-cpp-python
    run 'installing llama.cpp' pip install "$wheels"/*.whl
    ! llama_loads || return 0
    rm -rf -- "$wheels"
  done
  fail 'loading llama.cpp'
}

llama_installed() {
  [ -z "${CMAKE_ARGS-}" ] && "$venv/bin/python" -c '
import importlib.metadata, sys
sys.exit(importlib.metadata.version("llama-cpp-python") != sys.argv[1])' "$llama_version" 2>/dev/null
}

# llama_loads: a wheel made for another processor dies by a signal here, and not in the first answer.
llama_loads() {
  ("$venv/bin/python" -c '
import llama_cpp
llama_cpp.llama_backend_init()
llama_cpp.llama_print_system_info()') >>"$log" 2>&1
}

download_wheel() {
  [ -z "${CMAKE_ARGS-}" ] || return 1
  rm -rf -- "$wheels" "$wheels.new"
  variant=cpu
  ! apple_silicon || variant=metal
  if (pip download --quiet --no-deps --no-cache-dir --only-binary :all: --timeout 5 --retries 0 --dest "$wheels.new" \
    --index-url "https://abetlen.github.io/llama-cpp-python/whl/$variant" "llama-cpp-python==$llama_version") \
    >/dev/null 2>&1 </dev/null; then
    mv -- "$wheels.new" "$wheels"
  else
    rm -rf -- "$wheels.new"
    return 1
  fi
}

build_wheel() {
  has_compiler || die "llama.cpp has to be built here, and that needs a C and a C++ compiler. This brings them:
$(fix_for compiler)
Then run ./install.sh again."
  say "      No ready-made wheel fits, so it is built here: about 5 minutes on two idle cores. The log is $log"
  rm -rf -- "$wheels" "$wheels.new"
  watch_build &
  watcher=$!
  # In the foreground, so that Ctrl-C reaches the compilers as well.
  (pip wheel --verbose --no-deps --no-cache-dir --no-binary llama-cpp-python --wheel-dir "$wheels.new" \
    "llama-cpp-python==$llama_version") >>"$log" 2>&1 </dev/null && built=yes || built=''
  kill "$watcher" 2>/dev/null || :
  wait "$watcher" 2>/dev/null || :
  watcher=''
  [ ! -t 1 ] || printf '\r%40s\r' ''
  [ -n "$built" ] || fail 'building llama.cpp'
  mv -- "$wheels.new" "$wheels"
}

# watch_build: how far the build is, on one changing line of a terminal, or else on a line a minute.
watch_build() {
  ticks=0
  while sleep 1 && kill -0 "$$" 2>/dev/null; do
    ticks=$((ticks + 1))
    [ -t 1 ] || [ $((ticks % 60)) -eq 0 ] || continue
    count=$(sed -n 's/^ *\(\[[0-9]*\/[0-9]*\]\).*/\1/p' "$log" | tail -n 1)
    if [ -t 1 ]; then printf '\r'; fi
    printf '      %s %s' "$count" "$(elapsed)"
    if [ ! -t 1 ]; then printf '\n'; fi
  done
}
