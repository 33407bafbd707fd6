# What the installer says: steps with their times, questions, failures. Read in by install.sh.

step=0 line_open='' watcher=''

say() {
  end_line
  printf '%s\n' "$*"
}

end_line() {
  [ -z "$line_open" ] || printf '\n'
  line_open=''
}

die() {
  say "caro: $1" >&2
  exit "${2:-1}"
}

# begin TITLE and finish: a step, and the time it took; the title's line stays open until something is said.
begin() {
  step=$((step + 1)) began=$(date +%s) line_open=yes
  printf '[%d/%d] %s ...' "$step" "$steps" "$1"
}

finish() {
  if [ -n "$line_open" ]; then printf ' %s\n' "$(elapsed)"; else say "      done in $(elapsed)"; fi
  line_open=''
}

elapsed() {
  seconds=$(($(date +%s) - began))
  [ "$seconds" -lt 60 ] || printf '%d min ' $((seconds / 60))
  printf '%d s' $((seconds % 60))
}

# confirm QUESTION: without --yes and without a terminal to ask on, the answer is no.
confirm() {
  [ -z "$yes" ] || return 0
  [ -t 0 ] || return 1
  say "$1 [Y/n]"
  read -r answer || return 1
  case $answer in
    '' | [yY] | [yY][eE][sS]) return 0 ;;
    [nN] | [nN][oO]) return 1 ;;
  esac
  confirm "Please answer y or n. $1"
}

# run WHAT COMMAND...: quietly, into the log. In a subshell, so that what is said after Ctrl-C is not.
run() {
  what=$1
  shift
  ("$@") >>"$log" 2>&1 </dev/null || fail "$what"
}

# fail WHAT: shows the end of the log and says what to do.
fail() {
  end_line >&2
  tail -n 15 -- "$log" | sed 's/^/  | /' >&2
  case $(tail -n 60 -- "$log") in
    *'No space left on device'*) cause="the disk is full. Make room (also in ${TMPDIR:-/tmp})" ;;
    *NewConnectionError* | *ConnectTimeout* | *ReadTimeout* | *'name resolution'* | *'ConnectionError'*)
      cause='the package index could not be reached. Check the network and the proxy' ;;
    *) cause='the lines above say why. Mend that' ;;
  esac
  die "$1 failed: $cause, then run ./install.sh again. The whole log is $log"
}

interrupted() {
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || :
  say ''
  die 'stopped. Run ./install.sh again, and it goes on from here.' 130
}
