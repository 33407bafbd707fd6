#!/bin/sh
# Gets what the checks and tests need beside .venv: `tools` (programs of the system), `models`.
# Without either: the tools, .venv, then the models. Running it again costs nothing.
set -eu
cd -- "$(dirname -- "$0")/.."

tools() {
  missing=''
  for program in zsh fish tmux openssl; do has "$program" || missing="$missing $program"; done
  # macOS brings bash 3.2; the hook wants 4 or newer.
  bash -c '[ "${BASH_VERSINFO[0]}" -ge 4 ]' || missing="$missing bash"
  # The sandbox that the benchmark runs commands in; there is none for macOS.
  [ "$(uname)" = Darwin ] || has bwrap || missing="$missing bubblewrap"
  if has apt-get; then
    has cc && has c++ || missing="$missing build-essential"
    python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
    # Neighbours: plugins that people have, beside which the hooks must work.
    for plugin in zsh-autosuggestions zsh-syntax-highlighting; do
      [ -e "/usr/share/$plugin" ] || missing="$missing $plugin"
    done
    [ -e /usr/share/doc/fzf/examples ] || missing="$missing fzf"
    install='apt-get install -y'
    update='apt-get update'
  elif has dnf; then
    has cc && has c++ || missing="$missing gcc gcc-c++"
    install='dnf install -y' update=:
  else
    install='brew install' update=:
  fi
  [ -n "$missing" ] || return 0
  if [ "$install" = 'brew install' ] && has brew || [ "$(id -u)" -eq 0 ]; then
    echo "getting$missing ..."
    # shellcheck disable=SC2086 # lists of words
    { $update && DEBIAN_FRONTEND=noninteractive $install $missing; } >&2
  else
    echo "The tests need$missing. This brings them: sudo $install$missing" >&2
    exit 1
  fi
}

has() { command -v "$1" >/dev/null; }

# The models go into a CARO_HOME of their own, so that tests never touch the person's.
models() {
  CARO_HOME=${CARO_TEST_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/caro/test-home}
  export CARO_HOME
  for model in smollm2-135m-q4 qwen2.5-coder-1.5b-q4; do
    .venv/bin/caro model path "$model" >/dev/null 2>&1 || .venv/bin/caro model pull "$model"
  done
}

case ${1-} in
  tools | models) "$1" ;;
  *) exec make ready ;;
esac
