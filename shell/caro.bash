# The bash hook: Ctrl-G turns the line, in plain words, into the command; so does Enter after "# ".
# All policy is in the client; this file reads the line, shows what comes back and keeps it safe.
# Above this line stand _caro_client (an array), _caro_key and _caro_comment.
# shellcheck shell=bash disable=SC2154

[[ $- == *i* ]] && ! \builtin declare -F _caro_rewrite >/dev/null || return 0 # once is enough
if ((BASH_VERSINFO[0] < 4)); then
  echo "caro: bash $BASH_VERSION cannot have its line rewritten; use bash 4 or newer, zsh, fish, or: caro WORDS" >&2
  return 0
fi

# One key press. The line changes only when there is a command.
_caro_rewrite() {
  local words=$READLINE_LINE reply code=0 trapped REPLY
  \builtin shopt -s interactive_comments # again: somebody may have turned them off
  if [[ $words != *[^[:space:]\#]* ]]; then
    _caro_show "type what you want in plain words, then press this key"
    return 0
  fi
  trapped=$(\builtin trap -p INT)
  \builtin trap : INT # Ctrl-C ends the client, not the line
  _caro_draw "$words"
  reply=$(\builtin printf '%s' "$words" | "${_caro_client[@]}" --shell bash --session $$ 2>/dev/null) || code=$?
  \builtin printf '%s' "$REPLY" >/dev/tty
  eval "${trapped:-\\builtin trap - INT}"
  case $code in
    0 | 2)
      READLINE_LINE=${reply%%$'\x1f'*}
      READLINE_POINT=${#READLINE_LINE}
      ((code == 2)) || _caro_remember "$words"
      [[ $reply != *$'\x1f'* ]] || _caro_show "${reply#*$'\x1f'}"
      ;;
    13[01] | 143) ;;
    *) _caro_show "${reply:-the client did not run (status $code); run install.sh again}" ;;
  esac
}

# Enter: one line that begins with "# " at a fresh prompt is rewritten, any other is accepted.
# A `bind -x` command cannot accept a line: Enter is two private keys, and the first decides what the second is.
_caro_accept_line() {
  if [[ $_caro_fresh && $READLINE_LINE == '# '* && $READLINE_LINE != *$'\n'* ]]; then
    _caro_everywhere '"\e[9002~": ""'
    _caro_rewrite
  else
    _caro_fresh=
    _caro_everywhere '"\e[9002~": accept-line'
  fi
}

# The words go into the history as a comment, which does nothing when it is run by mistake.
_caro_remember() {
  local words=${1#\# }
  [[ $1 == ' '* ]] || \builtin history -s -- "# ${words//$'\n'/ }"
}

# One sentence above the line, a risk in its colour; readline then draws prompt and line again.
_caro_show() {
  local colour='' plain=''
  if [[ -z ${NO_COLOR-} ]]; then
    case $1 in
      danger:*) colour=$'\e[1;31m' plain=$'\e[m' ;;
      caution:* | unknown:*) colour=$'\e[33m' plain=$'\e[m' ;;
    esac
  fi
  \builtin printf '%scaro: %s%s\n' "$colour" "$1" "$plain" >/dev/tty
}

# Readline takes prompt and line off the screen while a `bind -x` command runs: show them, and leave in
# REPLY how to take them away again. A line whose width is not certain is cut to one row.
_caro_draw() {
  local prompt='' plain text=${1//[^[:print:]]/ } columns=${COLUMNS:-80} rows=0 room
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)) || prompt=${PS1@P}
  prompt=${prompt##*$'\n'} plain=${prompt##*$'\n'}
  while [[ $plain == *$'\001'*$'\002'* ]]; do plain=${plain%%$'\001'*}${plain#*$'\002'}; done
  if [[ $plain$text == *[![:ascii:]]* || $plain == *$'\e'* ]]; then
    room=$(((columns - ${#plain} - 1) / 2)) # such characters may be two columns wide
    ((room > 0)) || room=0
    ((${#text} <= room)) || text=${text:${#text}-room}
  else
    rows=$(((${#plain} + ${#text}) / columns))
    (((${#plain} + ${#text}) % columns)) || text+=' ' # a full row: the cursor goes to the next one now
  fi
  \builtin printf '%s%s' "${prompt//[$'\001\002']/}" "$text" >/dev/tty
  REPLY=$'\r\e[J'
  ((rows == 0)) || REPLY=$'\r\e['${rows}$'A\e[J'
}

# Leave in REPLY how bind writes "ctrl-x alt-g"; what is no such key is said and not bound.
_caro_sequence() {
  local part IFS=' '
  REPLY=
  for part in $1; do
    case $part in
      ctrl-?) REPLY+="\\C-${part#ctrl-}" ;;
      alt-?) REPLY+="\\e${part#alt-}" ;;
      *)
        echo "caro: CARO_KEY must be like ctrl-g, alt-g or ctrl-x ctrl-g, not $1" >&2
        REPLY=
        return 0
        ;;
    esac
  done
}

# In every keymap that edits a line; in a search the key goes on to mean an abort.
_caro_everywhere() {
  local keymap
  for keymap in emacs vi-insert vi-command; do \builtin bind -m "$keymap" "$@"; done
}

_caro_bind() {
  local REPLY
  _caro_sequence "$_caro_key"
  [[ -z $REPLY ]] || _caro_everywhere -x "\"$REPLY\": _caro_rewrite"
  case $_caro_comment in false | no | 0 | '') return 0 ;; esac
  [[ -z ${BLE_VERSION-} ]] || return 0 # ble.sh has an Enter of its own
  # A fresh prompt is one that PROMPT_COMMAND has seen: not the second line of a loop or here-document.
  _caro_fresh=
  if ((BASH_VERSINFO[0] > 4)) && [[ -n ${PROMPT_COMMAND+set} && ${PROMPT_COMMAND@a} == *a* ]]; then
    PROMPT_COMMAND+=(_caro_fresh=1)
  else
    # shellcheck disable=SC2128,SC2178 # no array here
    PROMPT_COMMAND=${PROMPT_COMMAND:+$PROMPT_COMMAND$'\n'}_caro_fresh=1
  fi
  _caro_everywhere -x '"\e[9001~": _caro_accept_line'
  _caro_everywhere '"\e[9002~": accept-line'
  _caro_everywhere '"\C-m": "\e[9001~\e[9002~"'
  _caro_everywhere '"\C-j": "\e[9001~\e[9002~"'
}

\builtin shopt -s interactive_comments # what is commented out does nothing, whichever key accepts the line
_caro_bind
