# quotaline in fish 3.6 or newer: the line before each prompt, without a process.
#
# `quotaline init fish` prints this file after five assignments: __quotaline_dir (the account's cache folder),
# __quotaline_config_dir and __quotaline_home (the CLAUDE_CONFIG_DIR, and the HOME and other folders that it follows from),
# __quotaline_command (an absolute path), __quotaline_place (1 puts the line into the right prompt). A refresh leaves `prompt.fish` in that folder: a head, `quotaline 1 WRITTEN EXPIRES TAG`,
# then frames, `UNTIL<tab>TEXT` in order of time: what the line is until then. Times are epoch seconds. Nothing in it is evaluated.
#
# fish has no clock. `path mtime` and `path mtime --relative` together are one, but a substitution costs 45 microseconds; so the time is
# told that way only when a frame ends, and in between a counter is read: /proc/uptime (10 microseconds) or, elsewhere, the age of `/`.

set -g QUOTALINE ''
set -g __quotaline_key ''
set -g __quotaline_right ''
set -g __quotaline_until 0
set -g __quotaline_ask_at 0
set -g __quotaline_drawn 0
set -q __quotaline_dir; or set -g __quotaline_dir ''
set -q __quotaline_config_dir; or set -g __quotaline_config_dir ''
set -q __quotaline_command; or set -g __quotaline_command quotaline
set -q __quotaline_place; or set -g __quotaline_place 1
set -g __quotaline_file prompt.fish
# In another home the first prompt asks for the folder, as for another account.
set -q __quotaline_home; and test "$__quotaline_home" != "$HOME|$XDG_CACHE_HOME|$QUOTALINE_CACHE_DIR"
and set -g __quotaline_config_dir \n
set -q NO_COLOR; and test -n "$NO_COLOR"; and set -g __quotaline_file prompt.plain
# A dumb terminal is read by a program, which takes a `$` for the end of a prompt: nothing is put into it.
test "$TERM" = dumb; and set -g __quotaline_file prompt.plain; and set -g __quotaline_place 0
set -g __quotaline_locale $LC_ALL $LC_CTYPE $LANG
string match -qir 'utf-?8' -- "$__quotaline_locale[1]"; or set -g __quotaline_file $__quotaline_file-ascii
set -g __quotaline_path $__quotaline_dir/$__quotaline_file
set -g __quotaline_counter ''
test -r /proc/uptime; and set -g __quotaline_counter /proc/uptime

# Epoch seconds.
function __quotaline_now
    if builtin -q path
        builtin math (builtin path mtime /) + (builtin path mtime --relative /)
    else
        command date +%s
    end
end

# The frame of now, and when to come back, in ticks of the counter; a file that is not what it should be shows nothing.
# A head from the future is a clock that was put back.
function __quotaline_read --argument-names tick
    test "$CLAUDE_CONFIG_DIR" = "$__quotaline_config_dir"; or __quotaline_account
    set -g __quotaline_path $__quotaline_dir/$__quotaline_file
    set -g QUOTALINE ''
    set -g __quotaline_right ''
    set -l now (__quotaline_now)
    set -l back 60
    set -l head ''
    test -f $__quotaline_path; and test -r $__quotaline_path; and read head <$__quotaline_path
    set -g __quotaline_key "$CLAUDE_CONFIG_DIR $head"
    if string match -qr '^quotaline 1 (?<written>[1-9][0-9]{0,11}) (?<expires>[1-9][0-9]{0,11}) [0-9a-f]+$' -- "$head"
        set -l frames
        while read -l -d \t until text
            # the head comes by once more
            set -q frames[1]; or begin
                set frames 1
                continue
            end
            string match -qr '^[1-9][0-9]{0,11}$' -- "$until"; or break
            if test $now -lt $until
                set -g QUOTALINE $text
                set -g __quotaline_right $text
                if string match -q '*'\x1f'*' -- "$text"
                    set -g QUOTALINE "$(string replace -a \x1f \n -- $text)"
                    set -g __quotaline_right (string replace -a \x1f ' ' -- $text)
                end
                if test $now -lt $expires; and test $now -ge $written
                    set back "min(300, $until - $now, $expires - $now)"
                else
                    set back "min(60, $until - $now)"
                end
                break
            end
        end <$__quotaline_path
    end
    set -g __quotaline_until (builtin math $tick + $back)
    string match -q 'min(300*' -- $back; or __quotaline_ask $now
    return 0
end

# Start a refresh and forget it: once a minute in this shell, and in all shells together as far as the stamp can be written.
function __quotaline_ask --argument-names now
    test $now -ge $__quotaline_ask_at; and not set -q QUOTALINE_REFRESH; or return 0
    set -g __quotaline_ask_at (builtin math $now + 60)
    set -l stamp $__quotaline_dir/nudged
    set -l asked ''
    test -f $stamp; and read asked <$stamp
    if string match -qr '^[1-9][0-9]{0,11}$' -- "$asked"; and test $asked -le $now; and test (builtin math $asked + 60) -gt $now
        return 0
    end
    test -d "$__quotaline_dir"; and test -w "$__quotaline_dir"; and builtin echo $now >$stamp
    test -f "$__quotaline_command"; and test -x "$__quotaline_command"; or return 0
    # In an event's handler the child shares our process group: it must outlive the terminal.
    command env PYTHONHOME= nohup $__quotaline_command refresh --background </dev/null >/dev/null 2>&1 &
    builtin disown $last_pid 2>/dev/null
    return 0
end

# Another CLAUDE_CONFIG_DIR is another account; its folder's name is asked for once, when it changes.
function __quotaline_account
    set -g __quotaline_config_dir "$CLAUDE_CONFIG_DIR"
    set -g __quotaline_ask_at 0
    set -g __quotaline_dir (command env PYTHONHOME= $__quotaline_command init --where 2>/dev/null </dev/null)
end

# direnv and friends set it in an event of their own, which may come after ours and before the prompt.
function __quotaline_changed --on-variable CLAUDE_CONFIG_DIR
    test "$CLAUDE_CONFIG_DIR" = "$__quotaline_config_dir"; or __quotaline_hook
end

# In front of whatever the right prompt is by the time of a prompt, so that the order in config.fish does not matter and one that
# is defined later keeps the line. A prompt that names QUOTALINE itself is left alone.
function __quotaline_wrap
    if test "$__quotaline_place" != 1; or builtin functions fish_prompt fish_right_prompt 2>/dev/null | string match -q '*QUOTALINE*'
        return 0
    end
    if not builtin functions -q fish_right_prompt
        function fish_right_prompt
            set -g __quotaline_drawn 1
            builtin printf %s "$__quotaline_right"
        end
        return 0
    else if builtin functions fish_right_prompt | string match -q '*__quotaline_right*'
        return 0
    end
    builtin functions -q __quotaline_theirs; and builtin functions -e __quotaline_theirs
    builtin functions -c fish_right_prompt __quotaline_theirs
    function fish_right_prompt
        set -l theirs (__quotaline_theirs | string collect)
        set -g __quotaline_drawn 1
        builtin printf %s "$__quotaline_right"
        test -n "$__quotaline_right"; and test -n "$theirs"; and builtin printf ' '
        builtin printf %s "$theirs"
    end
end

function __quotaline_hook --on-event fish_prompt
    test -f $__quotaline_path; and read -l head <$__quotaline_path
    if test -n "$__quotaline_counter"
        read -d ' ' tick rest <$__quotaline_counter
    else
        set tick (builtin path mtime --relative /)
    end
    if test "$CLAUDE_CONFIG_DIR $head" != "$__quotaline_key" -o $tick -ge $__quotaline_until
        __quotaline_read $tick
    end
    # A right prompt that was not drawn since the last prompt is not ours any more.
    test $__quotaline_drawn = 1; or __quotaline_wrap
    set -g __quotaline_drawn 0
end

# What completes quotaline's commands is asked for when TAB is first pressed.
function _quotaline_completion
    functions -e _quotaline_completion
    command env PYTHONHOME= $__quotaline_command init fish --completions 2>/dev/null | source
    functions -q _quotaline_completion; and _quotaline_completion
end
complete --no-files --command quotaline --arguments "(_quotaline_completion)"
