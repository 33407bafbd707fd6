#!/bin/sh
# Installs caro for one person: a private Python environment, llama.cpp, the model, and a few marked
# lines in the rc file of each shell. What is made is written to PREFIX/manifest first, so --uninstall
# can undo exactly that, and a run that was interrupted can simply be started again.
set -eu
umask go-w # whatever it is: nobody else may write to what is made

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
. "$here/installer/talk.sh"
. "$here/installer/preflight.sh"
. "$here/installer/llama.sh"
. "$here/installer/rc.sh"

usage() {
  cat <<'END'
usage: ./install.sh [options]

Installs caro for you alone; nothing needs root. Run it again to upgrade, or after an interruption.

  --yes            edit rc files without asking
  --shell NAME     set up zsh, bash or fish (may be repeated; otherwise each one that is installed)
  --no-shell       leave all rc files alone
  --no-model       do not fetch the model (1.1 GB); `caro model pull` does it later
  --prefix DIR     where the program goes (${XDG_DATA_HOME:-~/.local/share}/caro)
  --start-at-login start the daemon at every login, warm for the first key press; --no-start-at-login ends
                   that. Without either, config.toml is followed: [daemon] start = "login" or "first-use"
  --only-hooks     only write the shells' hooks again and see to the start at login, say after changing
                   the key or `start` in config.toml
  --uninstall      undo what earlier runs did; your config.toml stays
  --dev            for work on caro itself: an editable install with the test tools, in ./.venv
  --help           this text

Environment:
  CARO_HOME        where models, settings and logs go (~/.caro)
  PYTHON           the Python to use (3.9 or newer; otherwise the first fit one on PATH)
  CMAKE_ARGS       options for building llama.cpp, such as -DGGML_CUDA=on

Examples:
  ./install.sh                      ask before each rc file
  ./install.sh --yes --shell zsh    no questions, zsh only
  ./install.sh --uninstall
END
}

# --- Remembering what is made -------------------------------------------------------------------

# record KIND PATH, before it is made; `undo` below knows the kinds.
record() {
  [ -z "$dev" ] || return 0
  grep -qxF -- "$1$tab$2" "$manifest" 2>/dev/null || printf '%s\n' "$1$tab$2" >>"$manifest"
}

# make_dir DIR, with its parents; each that was not there is recorded.
make_dir() {
  parent=$1 missing=''
  while [ ! -d "$parent" ]; do
    missing="$parent$newline$missing"
    parent=$(dirname -- "$parent")
  done
  mkdir -p -- "$1" 2>/dev/null || die "$1 cannot be made: make $parent writable, then run ./install.sh again."
  printf '%s' "$missing" | while IFS= read -r parent; do record dir "$parent"; done
}

# --- The program --------------------------------------------------------------------------------

# pip is called in subshells only, and takes their place: on Ctrl-C, its clean-up is waited for.
pip() { exec "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
caro() { CARO_HOME=$caro_home "$venv/bin/caro" "$@"; }

make_environment() {
  begin "private environment, $("$python" -V)"
  record tree "$venv"
  (pip --version) >/dev/null 2>&1 || run 'making the environment' "$python" -m venv --clear "$venv"
  finish
}

install_package() {
  begin 'caro and its libraries'
  mlx=''
  ! apple_silicon || mlx=,mlx
  if [ -n "$dev" ]; then
    run 'installing caro' pip install --editable "${here}[test,dev$mlx]"
  else
    [ ! -x "$venv/bin/caro" ] || caro daemon stop >>"$log" 2>&1 || :
    run 'installing caro' pip install "$here${mlx:+[mlx]}"
    link_launcher
  fi
  finish
}

link_launcher() {
  case $(readlink "$launcher" || :) in
    */venv/bin/caro) ;;
    *)
      if [ -e "$launcher" ] || [ -L "$launcher" ]; then
        say "      $launcher is not of this installer's making and stays; the program is $venv/bin/caro"
        return
      fi
      ;;
  esac
  make_dir "$(dirname -- "$launcher")"
  record file "$launcher"
  ln -sf -- "$venv/bin/caro" "$launcher"
}

pull_model() {
  begin model
  if ! caro model path >/dev/null 2>&1; then
    end_line
    caro model pull || die 'the model is not there yet: mend what the lines above name, then run ./install.sh again.'
    record model "$(caro model path)"
  fi
  finish
}

# convert_model: the same weights once more, in the form that Apple's GPU works with. Without, the processor answers.
convert_model() {
  begin "the model in MLX's form, for the GPU"
  made=$caro_home/models/$(caro model list --json | "$venv/bin/python" -c '
import json, sys
print(next(model["same_as"] or model["id"] for model in json.load(sys.stdin) if model["in_use"]))')-mlx-converted
  if [ ! -d "$made" ]; then
    if (caro model convert --quiet) >>"$log" 2>&1 </dev/null; then
      record tree "$made"
    else
      say "      not made, so the processor answers; \`caro model convert\` says why"
    fi
  fi
  finish
}

# set_login: at login or by the first key press. Where the first cannot be, caro says why, and all else stands.
set_login() { caro daemon "$at_login" || :; }

# --- The proof, and the way back ----------------------------------------------------------------

# own_shell: the person's own shell if it was set up, or else the first that was.
own_shell() {
  own=$(basename -- "${SHELL:-none}")
  case " $shells " in *" $own "*) ;; *) own=${shells%% *} ;; esac
  printf '%s\n' "${own:-bash}"
}

# prove: one sentence, asked for every shell, since what the model is told beforehand differs between them
# and is worked out and kept at the first time.
prove() {
  words='list the ten largest files under /var/log' answer=''
  begin 'a first command; before it, once for each shell, the model reads its examples (up to a minute)'
  for shell in "$(own_shell)" $shells; do
    reply=$(caro --shell "$shell" "$words" 2>>"$log" </dev/null) || fail 'the first command'
    answer=${answer:-$reply}
  done
  finish
  say "
  $words     <- you type, then press Ctrl-G
  $answer     <- yours to read, edit and run"
}

say_next() {
  say ''
  [ -z "$no_model" ] || say "Before the first use, fetch the model: $venv/bin/caro model pull"
  if [ -n "$shells" ]; then
    say "Next: open a new shell (or type: exec $(own_shell)), type what you want in your own words, and press Ctrl-G."
  fi
  case :$PATH: in
    *":$(dirname -- "$launcher"):"*) ;;
    *)
      say "$(dirname -- "$launcher") is not on your PATH. The key works without it; to type \`caro\`, add to your rc file:"
      say "  export PATH=\"$(dirname -- "$launcher"):\$PATH\""
      ;;
  esac
}

uninstall() {
  [ -f "$manifest" ] ||
    die "nothing is installed in $prefix. If it was another place: ./install.sh --uninstall --prefix DIR"
  confirm "Remove caro from $prefix, its lines from your rc files, and the model it fetched?" ||
    die 'nothing was removed. To remove it without being asked: ./install.sh --uninstall --yes'
  caro_home=$(sed -n "s/^home$tab//p" "$manifest" | tail -n 1)
  if [ -x "$venv/bin/caro" ]; then
    said=$(caro daemon disable 2>&1) || say "$said"
    caro daemon stop >/dev/null 2>&1 || :
  fi
  made=$(sed '1!G;h;$!d' "$manifest") # what was made last is undone first
  undo block created backup file tree model home
  rm -f -- "$manifest"
  [ -z "$caro_home" ] || rm -f -- "$caro_home/told" "$caro_home/config.toml.lock"
  undo dir
  say 'caro is removed.'
  kept=$(find "$caro_home" -type f 2>/dev/null || :)
  [ -z "$kept" ] || say "What is yours stays:$newline$kept"
  kept=$(find "$wheel_cache" -name '*.whl' 2>/dev/null || :)
  [ -z "$kept" ] || say "The llama.cpp built for this machine stays, to be used again: $wheel_cache"
}

# undo KIND...: what was made of these kinds.
undo() {
  printf '%s\n' "$made" | while IFS=$tab read -r kind path; do
    case " $* " in *" $kind "*) "undo_$kind" "$path" ;; esac
  done
}

undo_dir() { rmdir -- "$1" 2>/dev/null || :; }
undo_tree() { rm -rf -- "$1"; }
undo_file() { rm -f -- "$1"; }
undo_home() {
  rm -rf -- "$1"/models/*.part "$1"/models/*.wheels
  rm -f -- "$1"/models/*.part.etag "$1"/models/*.lock "$1"/models/previous.json
  # What was pinned is needed as long as there are models that it is about.
  [ -n "$(find "$1"/models -name '*.gguf' 2>/dev/null)" ] || rm -f -- "$1"/models/pins.json
}
undo_model() { rm -f -- "$1" "$1.verified"; }
undo_created() { [ -s "$1" ] || rm -f -- "$1"; }
undo_backup() { ! cmp -s "$1" "${1%.caro-backup}" || rm -f -- "$1"; }
undo_block() { rc=$1 && { [ ! -f "$rc" ] || write_block ''; }; }

# --- Main ---------------------------------------------------------------------------------------

tab=$(printf '\t') newline='
'
yes='' shells='' no_shell='' no_model='' only_hooks='' dev='' remove='' at_login=apply
prefix=${XDG_DATA_HOME:-$HOME/.local/share}/caro
caro_home=${CARO_HOME:-$HOME/.caro}
launcher=$HOME/.local/bin/caro
wheel_cache=${XDG_CACHE_HOME:-$HOME/.cache}/caro/wheels
llama_version=$(sed -n 's/.*"llama-cpp-python==\([0-9.]*\).*/\1/p' "$here/pyproject.toml")
unset PYTHONHOME PYTHONPATH

while [ $# -gt 0 ]; do
  case $1 in
    --yes | -y) yes=yes ;;
    --no-shell) no_shell=yes ;;
    --no-model) no_model=yes ;;
    --only-hooks) only_hooks=yes ;;
    --start-at-login) at_login=enable ;;
    --no-start-at-login) at_login=disable ;;
    --dev) dev=yes no_model=yes no_shell=yes ;;
    --uninstall) remove=yes ;;
    --prefix | --shell)
      [ -n "${2-}" ] || die "$1 needs a value. See ./install.sh --help" 2
      case "$1 $2" in
        --prefix*) prefix=$2 ;;
        '--shell zsh' | '--shell bash' | '--shell fish') shells="$shells${shells:+ }$2" ;;
        *) die "--shell takes zsh, bash or fish, not $2." 2 ;;
      esac
      shift
      ;;
    --help | -h)
      usage
      exit
      ;;
    *) die "there is no option $1. See ./install.sh --help" 2 ;;
  esac
  shift
done

case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
case $caro_home in /*) ;; *) caro_home=$PWD/$caro_home ;; esac
manifest=$prefix/manifest venv=$prefix/venv log=$prefix/build.log wheels=$(wheel_directory)
trap interrupted INT TERM

if [ -n "$no_shell" ]; then
  shells=''
elif [ -z "$shells" ]; then
  for shell in zsh bash fish; do
    ! can_use "$shell" || shells="$shells${shells:+ }$shell"
  done
fi

if [ -n "$remove" ]; then
  uninstall
elif [ -n "$only_hooks" ]; then
  [ -x "$venv/bin/caro" ] || die "caro is not installed in $prefix yet. Run ./install.sh first."
  steps=1
  install_hooks
  set_login
elif [ -n "$dev" ]; then
  prefix=$here venv=$here/.venv log=$wheel_cache/build.log steps=3
  preflight
  mkdir -p -- "$wheel_cache"
  : >"$log"
  make_environment
  install_llama
  install_package
else
  steps=3
  [ -n "$no_model" ] || steps=$((steps + 2))
  [ -n "$no_model" ] || ! apple_silicon || steps=$((steps + 1))
  [ -z "$shells" ] || steps=$((steps + 1))
  preflight
  make_dir "$prefix"
  record home "$caro_home"
  make_dir "$caro_home/models"
  record tree "$caro_home/cache"
  record tree "$caro_home/log"
  record file "$log"
  : >"$log"
  make_environment
  install_llama
  install_package
  [ -n "$no_model" ] || pull_model
  [ -n "$no_model" ] || ! apple_silicon || convert_model
  [ -z "$shells" ] || install_hooks
  set_login
  [ -n "$no_model" ] || prove
  say_next
fi
