# The hooks, and the marked lines in rc files that load them. Read in by install.sh.

mark_start='# >>> caro >>>' mark_end='# <<< caro <<<'
mark_joined="$mark_start (the line before had no end)"

install_hooks() {
  begin "hooks for $shells"
  record tree "$prefix/hooks"
  mkdir -p -- "$prefix/hooks"
  for shell in $shells; do
    hook=$prefix/hooks/caro.$shell
    caro init "$shell" >"$hook.new" || die "\`caro init $shell\` failed. Run ./install.sh again."
    mv -- "$hook.new" "$hook"
    case $shell in
      zsh) add_block "${ZDOTDIR:-$HOME}/.zshrc" ;;
      bash)
        add_block "$HOME/.bashrc"
        login=$(bash_login_file)
        grep -qs bashrc "$login" || add_block "$login"
        ;;
      fish) add_fish_file "${XDG_CONFIG_HOME:-$HOME/.config}/fish/conf.d/caro.fish" ;;
    esac
  done
  finish
}

# bash_login_file: what a login bash reads instead of .bashrc.
bash_login_file() {
  for login in "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.profile"; do
    [ ! -e "$login" ] || break
    login=$HOME/.bash_profile
  done
  printf '%s\n' "$login"
}

# hook_lines: what a shell reads at its start. A CARO_HOME that is not the default goes along.
hook_lines() {
  hook_quoted=$(quoted "$hook") home_quoted=$(quoted "$caro_home")
  own_home=yes
  [ "$caro_home" != "$HOME/.caro" ] || own_home=''
  if [ "$shell" = fish ]; then
    [ -z "$own_home" ] || line "set -q CARO_HOME; or set -gx CARO_HOME $home_quoted"
    line "status is-interactive; and test -r $hook_quoted; and source $hook_quoted"
  else
    [ -z "$own_home" ] || line "[ -n \"\${CARO_HOME-}\" ] || export CARO_HOME=$home_quoted"
    guard=''
    [ "$shell" != bash ] || guard="[ -n \"\${BASH_VERSION-}\" ] && " # sh reads .profile too
    line "if ${guard}[ -r $hook_quoted ]; then . $hook_quoted; fi"
  fi
}

# line TEXT: as it is; echo would read the backslashes in a path.
line() { printf '%s\n' "$1"; }

# quoted TEXT: as one word of `shell`; between quotes a backslash has a meaning in fish alone.
quoted() {
  backslashes=''
  [ "$shell" != fish ] || backslashes='s/\\/\\\\/g'
  printf "'%s'" "$(printf '%s' "$1" | sed -e "$backslashes" -e "s/'/'\\\\''/g")"
}

add_block() {
  rc=$1 lines=$(hook_lines)
  find_block
  if [ "$first" -eq 0 ]; then
    if { [ -e "$rc" ] && [ ! -w "$rc" ]; } || ! confirm "Add this to $rc?$newline$lines$newline"; then
      say "      $rc was left alone. To use caro in $shell, add this to it:$newline$lines"
      return
    fi
    make_dir "$(dirname -- "$rc")"
    if [ ! -e "$rc" ]; then
      record created "$rc"
    elif [ ! -e "$rc.caro-backup" ]; then
      record backup "$rc.caro-backup"
      cp -p -- "$rc" "$rc.caro-backup"
    fi
    record block "$rc"
  fi
  write_block "$lines"
}

# find_block: the line numbers of our marks in `rc`, 0 when there are none.
find_block() {
  first=0 last=0
  [ -f "$rc" ] || return 0
  bounds=$(LC_ALL=C awk -v start="$mark_start" -v end="$mark_end" '
    index($0, start) == 1 && !first { first = NR }
    index($0, end) == 1 && first && !last { last = NR }
    END { print first + 0, last + 0 }' "$rc")
  first=${bounds% *} last=${bounds#* }
  [ "$first" -eq 0 ] || [ "$last" -gt 0 ] ||
    die "$rc has the line \"$mark_start\" and no \"$mark_end\" after it. Take that line out and try again."
}

# write_block LINES: puts LINES between our marks in `rc`, at the end when there are none yet; without
# LINES, takes out the marks and what is between them. All other bytes stay, and so does a symlink.
write_block() {
  find_block
  new=$prefix/rc.new start=$mark_start
  : >"$new"
  if [ "$first" -gt 0 ]; then
    [ "$first" -eq 1 ] || head -n $((first - 1)) "$rc" >"$new"
    ! sed -n "${first}p" "$rc" | grep -qF "$mark_joined" || start=$mark_joined
  elif [ -s "$rc" ]; then
    cat -- "$rc" >"$new"
    if [ -n "$(tail -c 1 "$rc")" ]; then
      start=$mark_joined
      echo >>"$new"
    fi
  fi
  [ -z "$1" ] || printf '%s\n' "$start" "$1" "$mark_end" >>"$new"
  if [ "$first" -gt 0 ]; then
    tail -n +$((last + 1)) "$rc" >"$new.rest"
    if [ -z "$1" ] && [ "$start" = "$mark_joined" ] && [ ! -s "$new.rest" ]; then
      head -c $(($(wc -c <"$new") - 1)) "$new" >"$new.rest"
      mv -- "$new.rest" "$new"
    else
      cat -- "$new.rest" >>"$new"
    fi
  fi
  cmp -s "$new" "$rc" || cat -- "$new" >"$rc" || die "$rc could not be written; what it should hold is in $new"
  rm -f -- "$new" "$new.rest"
}

add_fish_file() {
  rc=$1
  if [ -e "$rc" ] && ! grep -qF "$mark_start" "$rc"; then
    say "      $rc is not of caro's making and stays. To use caro in fish, add this to it:$newline$(hook_lines)"
    return
  fi
  make_dir "$(dirname -- "$rc")"
  record file "$rc"
  printf '%s\n' "$mark_start" "$(hook_lines)" "$mark_end" >"$rc"
}
