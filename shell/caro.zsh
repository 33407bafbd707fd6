# The zsh hook: Ctrl-G turns the line, in plain words, into the command; so does Enter after "# ".
# All policy is in the client; this file reads the line, shows what comes back and keeps it safe.
# Above this line stand _caro_client (an array), _caro_key and _caro_comment.

[[ -o interactive ]] && ! typeset -f _caro_rewrite >/dev/null || return 0  # once is enough

# One key press. The line changes only when there is a command. While one waits the command stands behind the
# line as it is written, for the line editor to draw; the last record is no frame but status and reply.
_caro_rewrite() {
  \builtin emulate -L zsh
  \builtin setopt no_monitor  # the client is in our process group, where Ctrl-C reaches it
  local words=$BUFFER ghost=$POSTDISPLAY record=
  local -a highlight=("${region_highlight[@]}")
  local -i fd
  if [[ $words != *[^[:space:]\#]* ]]; then
    _caro_show "type what you want in plain words, then press this key"
    return
  fi
  \builtin trap : INT  # Ctrl-C ends the client, not the line; local to this function
  \builtin zle -M ""
  \builtin zle -R
  exec {fd}< <(
    # Without a trap Ctrl-C is blocked in what a widget starts. What has come by then is made a frame: no reply.
    \builtin trap '\builtin print -n "\x1e130"' INT
    \builtin print -rn -- "$words" | "${_caro_client[@]}" --shell zsh --session $$ --frames yes 2>/dev/null
  )
  while IFS= \builtin read -r -u $fd -d $'\x1e' record; do
    POSTDISPLAY="  $record"
    region_highlight=("$#BUFFER $(($#BUFFER + $#POSTDISPLAY)) fg=8")
    \builtin zle -R
  done
  exec {fd}<&-
  POSTDISPLAY=$ghost
  region_highlight=("${highlight[@]}")
  local code=${record%%$'\x1f'*} reply=${record#*$'\x1f'}
  case $code in
    0 | 2)
      BUFFER=${reply%%$'\x1f'*}
      CURSOR=$#BUFFER
      ((code == 2)) || _caro_remember "$words"
      [[ $reply != *$'\x1f'* ]] || _caro_show "${reply#*$'\x1f'}"
      ;;
    130) ;;
    *) _caro_show "${reply:-the client did not run; run install.sh again}" ;;
  esac
}

# The widget. What is commented out must do nothing, though somebody turned comments off since the hook was loaded.
_caro_press() {
  \builtin setopt interactive_comments
  _caro_rewrite
}

# Enter: one line that begins with "# " at a fresh prompt is rewritten, any other is accepted.
_caro_accept_line() {
  if [[ $CONTEXT == start && $BUFFER == '# '* && $BUFFER != *$'\n'* ]]; then
    \builtin zle caro-rewrite
  else
    \builtin zle $_caro_accept_line
  fi
}

# The words go into the history as a comment, which does nothing when it is run by mistake.
_caro_remember() {
  [[ $1 == ' '* ]] || \builtin print -rs -- "# ${${1#\# }//$'\n'/ }"
}

# One sentence below the line, gone with Enter or the next press. It has no colours there: a risk colours the line.
_caro_show() {
  local colour=
  \builtin zle -M -- "caro: $1"
  case $1 in
    danger:*) colour=fg=red,bold ;;
    caution:* | unknown:*) colour=fg=yellow ;;
  esac
  [[ -z $colour || -n ${NO_COLOR-} ]] || _caro_mark $colour
}

# Colour the line as long as it stands as it was offered: run before each redraw until then, behind what others
# highlight. A zsh older than 5.9 cannot tell our colour from theirs, so it has the words alone.
_caro_mark() {
  \builtin emulate -L zsh
  local offered=${(M)1:#fg=*}  # a hook is called with its own name
  [[ -z $offered ]] || typeset -ga _caro_marked=($offered "$BUFFER")
  region_highlight=("${(@)region_highlight:#*memo=caro}")
  if [[ $BUFFER == "$_caro_marked[2]" ]]; then
    region_highlight+=("0 $#BUFFER $_caro_marked[1] memo=caro")
    [[ $region_highlight[-1] == *memo=caro ]] || region_highlight[-1]=()
    [[ -z $offered ]] || { \builtin autoload -Uz add-zle-hook-widget && add-zle-hook-widget line-pre-redraw _caro_mark; }
  else
    add-zle-hook-widget -d line-pre-redraw _caro_mark
  fi
}

# Leave in REPLY how bindkey writes "ctrl-x alt-g"; what is no such key is said and not bound.
_caro_sequence() {
  \builtin emulate -L zsh
  local part IFS=' '
  REPLY=
  for part in ${=1}; do
    case $part in
      ctrl-?) REPLY+="^${part#ctrl-}" ;;
      alt-?) REPLY+="^[${part#alt-}" ;;
      *)
        \builtin print -r -- "caro: CARO_KEY must be like ctrl-g, alt-g or ctrl-x ctrl-g, not $1" >&2
        REPLY=
        return
        ;;
    esac
  done
}

# In every keymap that edits a line; in a search the key goes on to mean an abort.
_caro_bind() {
  \builtin emulate -L zsh
  local keymap REPLY
  typeset -g _caro_accept_line
  \builtin zle -N caro-rewrite _caro_press
  _caro_sequence "$_caro_key"
  if [[ -n $REPLY ]]; then
    for keymap in emacs viins vicmd; do \builtin bindkey -M $keymap "$REPLY" caro-rewrite; done
    \builtin bindkey -M isearch "$REPLY" send-break  # else a search would hand the key on to caro
  fi
  if [[ $_caro_comment != (false|no|0|) ]]; then
    # What Enter did before: of the plain widget no copy is made, zsh-syntax-highlighting would break it.
    _caro_accept_line=.accept-line
    if \builtin zle -l accept-line; then
      _caro_accept_line=_caro_orig_accept_line  # "_": zsh-autosuggestions wraps all other names
      \builtin zle -A accept-line $_caro_accept_line
    fi
    \builtin zle -N accept-line _caro_accept_line
  fi
}

\builtin setopt interactive_comments  # what is commented out does nothing, whichever key accepts the line
_caro_bind
