# The fish hook: Ctrl-G turns the line, in plain words, into the command; so does Enter after "# ".
# All policy is in the client; this file reads the line, shows what comes back and keeps it safe.
# Above this line stand _caro_client (a list), _caro_key and _caro_comment.

status is-interactive; and not functions -q _caro_rewrite; or return 0 # once is enough

function _caro_rewrite --description 'One key press. The line changes only when there is a command.'
    if commandline --paging-mode
        commandline -f cancel # as this key does in the searches of other shells
        return
    end
    set -l words (commandline | string collect)
    if not string match -qr '[^\s#]' -- "$words"
        _caro_show "type what you want in plain words, then press this key"
        return
    end
    set -l cursor (commandline -C)
    set -l below 0
    if test $cursor -lt (string length -- "$words")
        set below (math (_caro_rows (commandline)) - (_caro_rows (commandline --cut-at-cursor)))
    end
    set -l reply
    set -l code 127
    if command -q $_caro_client[1] # fish has many words about one that is not there, and some about one that dies
        set reply (printf '%s' "$words" | $_caro_client --shell fish --session $fish_pid --rows-below $below 2>/dev/null)
        set code $status
    end 2>/dev/null
    set reply (string split -m 1 \x1f -- "$reply")
    switch $code
        case 0 2
            set -q reply[2]; and _caro_show $reply[2] # while the old line is there: from its rows fish draws anew
            commandline -r -- $reply[1]
            test $code = 2; or _caro_remember "$words"
        case 130 131 143
        case '*'
            test -n "$reply[1]"; or set reply[1] "the client did not run (status $code); run install.sh again"
            commandline -C $cursor
            _caro_show $reply[1]
    end
    commandline -f repaint
end

function _caro_accept_line --description 'Enter: one line that begins with "# " is rewritten, any other is accepted.'
    set -l line (commandline | string collect)
    if string match -q -- '# *' "$line"; and not string match -q -- \*\n\* "$line"; and not commandline --paging-mode
        _caro_rewrite
    else
        commandline -f execute
    end
end

function _caro_remember --description 'The words go into the history as a comment, which does nothing when it is run.'
    string match -q -- ' *' "$argv"; and return
    set -q fish_private_mode; and test -n "$fish_private_mode"; and return
    set -l words '# '(string replace -r '^# ' '' -- "$argv" | string join ' ')
    if string match -qr '^[4-9]' -- $version
        builtin history append -- $words
    else # fish 3 learns a line only from its file
        set -l session (set -q fish_history; and echo $fish_history; or echo fish)
        set -l data (set -q XDG_DATA_HOME; and echo $XDG_DATA_HOME; or echo ~/.local/share)
        test -n "$session" -a -w $data/fish; or return
        set words (string replace -a '\\' '\\\\' -- $words)
        printf '%s\n' "- cmd: $words" "  when: "(date +%s) >>$data/fish/{$session}_history
        builtin history merge
    end
end

function _caro_show --description 'One sentence below the line, a risk in its colour; fish then draws the line again.'
    set -l rows (_caro_rows (commandline))
    set -l above (_caro_rows (commandline --cut-at-cursor))
    string repeat -N -n (math $rows - $above + 1) \n
    set -l colour
    if test -z "$NO_COLOR"
        switch "$argv"
            case 'danger:*'
                set colour \e'[1;31m' \e'[m'
            case 'caution:*' 'unknown:*'
                set colour \e'[33m' \e'[m'
        end
    end
    printf '%scaro: %s%s\n' "$colour[1]" "$argv" "$colour[2]"
    string repeat -N -n $above \n # fish goes up by as many rows before it draws
    commandline -f repaint
end

function _caro_rows --description 'Print on which row, the first of the prompt being 0, the last of these lines ends.'
    set -l prompt (fish_prompt)
    set -l row (math (count $prompt) - 1 + max\((count $argv), 1\) - 1)
    for line in $argv # each stands as far in as the first
        set row (math $row + floor\((string length --visible -- "$prompt[-1]$line") / $COLUMNS\))
    end
    echo $row
end

function _caro_sequence --description 'Print "ctrl-x alt-g" as the bytes that bind takes; what is no such key is said.'
    test -n "$argv"; or return
    if not string match -qr '^(ctrl|alt)-.( (ctrl|alt)-.)*$' -- "$argv"
        echo "caro: CARO_KEY must be like ctrl-g, alt-g or ctrl-x ctrl-g, not $argv" >&2
        return
    end
    for part in (string split ' ' -- $argv)
        string replace -r '^ctrl-(.)$' '\\\\c$1' -- $part | string replace -r '^alt-(.)$' '\\\\e$1' | string unescape
    end | string join ''
end

function _caro_bind
    set -l sequence (_caro_sequence $_caro_key)
    for keymap in default insert
        test -n "$sequence"; and bind -M $keymap $sequence _caro_rewrite
        contains -- "$_caro_comment" false no 0 ''; or bind -M $keymap \r _caro_accept_line
    end
end

_caro_bind
