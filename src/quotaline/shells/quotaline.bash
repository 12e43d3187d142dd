# shellcheck shell=bash disable=SC2016,SC2179 # what stands in PS1 and PROMPT_COMMAND is expanded there; before bash 5.1 it is a string
# quotaline in bash 3.2 or newer: the line before each prompt, without a process.
#
# `quotaline init bash` prints this file after five assignments: __quotaline_dir (the account's cache folder),
# __quotaline_config_dir and __quotaline_home (the CLAUDE_CONFIG_DIR, and the HOME and other folders that it follows from),
# __quotaline_command (an absolute path), __quotaline_place (1 puts the line into PS1). A refresh leaves `prompt.bash` in that folder: a head, `quotaline 1 WRITTEN EXPIRES TAG`, then
# frames, `UNTIL<tab>TEXT` in order of time: what the line is until then. Times are epoch seconds. Nothing in it is evaluated.
# Every statement here must bear `set -eu`: under -e a false statement in a prompt command ends the user's shell. No alias is
# expanded below, and no function stands in for a builtin.

if \builtin shopt -q expand_aliases; then __quotaline_aliases=1; else __quotaline_aliases=0; fi
\builtin shopt -u expand_aliases

QUOTALINE=
__quotaline_head='' __quotaline_until=0 __quotaline_written=0 __quotaline_expires=0 __quotaline_asked=0
__quotaline_columns=${COLUMNS-} __quotaline_lost=0 __quotaline_where=0 __quotaline_item=''
__quotaline_shown=${__quotaline_shown-}
builtin : "${__quotaline_dir:=}" "${__quotaline_config_dir:=}" "${__quotaline_command:=quotaline}" "${__quotaline_place:=1}"
__quotaline_file=prompt.bash
# In another home the first prompt asks for the folder, as for another account.
case ${__quotaline_home:-x} in
  x | "${HOME-}|${XDG_CACHE_HOME-}|${QUOTALINE_CACHE_DIR-}") ;;
  *) __quotaline_config_dir=$'\n' ;;
esac
# A dumb terminal is read by a program, which takes a `$` for the end of a prompt: nothing is put into it.
if [[ ${TERM-} == dumb ]]; then __quotaline_place=0; fi
if [[ -n ${NO_COLOR-} || ${TERM-} == dumb ]]; then __quotaline_file+=-plain; fi
case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) ;; *) __quotaline_file+=-ascii ;; esac
# bash knows the terminal's width after its first child: that is this one.
if [[ $- == *i* && -z ${COLUMNS-} ]]; then (builtin :); fi

# Sets `now`, a local of the caller. bash 5 has the clock in a variable, 4.2 in printf; 3.2 counts from a known time.
if [[ ${BASH_VERSINFO[0]} -gt 4 || ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 2 ]] &&
  [[ -z ${__quotaline_no_printf_clock-} ]]; then
  __quotaline_clock() { builtin printf -v now '%(%s)T' -1; }
else
  __quotaline_start=$(($(command date +%s) - SECONDS))
  __quotaline_clock() { now=$((__quotaline_start + SECONDS)); }
fi

# The head and the frame of `now`. A file that is not what it should be shows nothing and counts as expired.
__quotaline_read() {
  local mark='' version='' written='' expires='' tag='' until='' text='' found=
  QUOTALINE='' __quotaline_head=$head __quotaline_until=0 __quotaline_written=0 __quotaline_expires=0
  __quotaline_columns=${COLUMNS-}
  [[ -n $head ]] || return 0
  {
    IFS=' ' builtin read -r mark version written expires tag || return 0
    [[ $mark == quotaline && $version == 1 && -n $tag ]] || return 0
    case ${written:-x}${expires:-x} in *[!0-9]* | 0*) return 0 ;; esac
    while IFS=$'\t' builtin read -r until text; do
      case ${until:-x} in *[!0-9]* | 0*) return 0 ;; esac
      if [[ $now -lt $until ]]; then
        found=1
        break
      fi
    done
  } <"$__quotaline_dir/$__quotaline_file"
  [[ -n $found ]] || return 0
  __quotaline_until=$until __quotaline_written=$written __quotaline_expires=$expires
  QUOTALINE=${text//$'\037'/$'\n'}
  case ${__quotaline_columns:-x} in *[!0-9]* | 0*) ;; *) __quotaline_fit $((__quotaline_columns * 2 / 3)) ;; esac
}

# Of the row beside the prompt only the segments that leave a third of the terminal free: whole ones, from the left.
__quotaline_fit() {
  local row=${QUOTALINE##*$'\n'} above='' bare='' cut=$'\001\002\001\002'
  above=${QUOTALINE%"$row"}
  while [[ -n $row ]]; do
    bare=$row
    while [[ $bare == *$'\001'*$'\002'* ]]; do bare=${bare%%$'\001'*}${bare#*$'\002'}; done
    if [[ ${#bare} -le $1 ]]; then break; fi
    if [[ $row == *"$cut"* ]]; then row=${row%"$cut"*}; else row=''; fi
  done
  QUOTALINE=$above$row
  if [[ -z $row ]]; then QUOTALINE=${above%$'\n'}; fi
}

# Start a refresh and forget it: once a minute in this shell, and in all shells together as far as the stamp can be written.
__quotaline_ask() {
  [[ -z ${QUOTALINE_REFRESH-} ]] || return 0
  local asked='' stamp=$__quotaline_dir/nudged
  __quotaline_asked=$((now + 60))
  case $- in *r*) return 0 ;; esac # a restricted shell may not redirect
  if [[ -r $stamp ]]; then IFS= builtin read -r asked <"$stamp" || builtin :; fi
  case ${asked:-x} in
    *[!0-9]* | 0*) ;;
    *) if [[ ${#asked} -lt 12 && $asked -le $now && $((asked + 60)) -gt $now ]]; then return 0; fi ;;
  esac
  if [[ -d $__quotaline_dir && -w $__quotaline_dir ]]; then
    { builtin printf '%s\n' "$now" >|"$stamp"; } 2>/dev/null || builtin :
  fi
  # Twice in the background: neither this shell's job table nor its exit knows of the child.
  (
    builtin trap - ERR DEBUG EXIT
    PYTHONHOME='' "$__quotaline_command" refresh --background </dev/null >/dev/null 2>&1 &
  ) || builtin :
}

# Another CLAUDE_CONFIG_DIR is another account; its folder's name is asked for once, when it changes.
__quotaline_account() {
  __quotaline_config_dir=${CLAUDE_CONFIG_DIR-} __quotaline_asked=0 __quotaline_until=0
  __quotaline_dir=$(PYTHONHOME='' "$__quotaline_command" init --where 2>/dev/null </dev/null) || __quotaline_dir=/dev/null/none
}

# Last in PROMPT_COMMAND, whatever its kind, so that a theme that sets PS1 there has done so. A child shell may inherit the
# variable, and never the hook: what is called stands in a variable that is not exported. Where PROMPT_COMMAND is readonly, PS1
# itself calls the hook, with a fork.
__quotaline_join() {
  local kind='' sole=' '
  if [[ ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]} -ge 52 ]]; then # without a fork, by what older ones cannot read
    builtin local -
    builtin set +u
    builtin eval 'kind=${PROMPT_COMMAND@a}'
  else
    kind=$(builtin declare -p PROMPT_COMMAND 2>/dev/null) || kind=
    kind=${kind#declare -}
    kind=${kind%% *}
  fi
  if [[ $kind != *a* || ${#PROMPT_COMMAND[@]} -le 1 ]]; then sole=${PROMPT_COMMAND-}; fi
  if [[ $kind == *r* ]]; then
    __quotaline_where=1
    if [[ $__quotaline_place == 1 && ${PS1-} != *__quotaline_* ]]; then PS1='${__quotaline_hook+$(__quotaline_show)}'${PS1-}; fi
  elif __quotaline_is_plain "$sole"; then
    __quotaline_item='${__quotaline_after-} '$sole
    PROMPT_COMMAND=$__quotaline_item
    return 0
  elif [[ -z $sole ]]; then
    PROMPT_COMMAND='${__quotaline_hook-:}'
  elif [[ $kind == *a* && ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]} -ge 51 ]]; then
    PROMPT_COMMAND+=('${__quotaline_hook-:}')
  else
    PROMPT_COMMAND+=$'\n${__quotaline_hook-:}'
  fi
  __quotaline_item='${__quotaline_hook-:}'
}

# Whether a command may be called by ours. A DEBUG trap that sets the title passes over what PROMPT_COMMAND is: so a single
# command stays a single one. Not those that mean something else inside a function, and none that begins with `_`: that is a
# tool's own, which may look for itself in PROMPT_COMMAND.
__quotaline_is_plain() {
  local word=${1%%[!A-Za-z0-9_./-]*}
  local words='^[A-Za-z/][A-Za-z0-9_./-]*( +([^[:space:];&|<>()#\`"'\'']|'\''[^'\'']*'\''|"([^\`"]|\\.)*")+)*$'
  [[ $1 =~ $words && $1 != *'$('* && -z ${BASH_ALIASES[$word]-} ]] || return 1
  case "$(builtin type -t "$word") $word" in
    'function '* | 'file '* | 'builtin true' | 'builtin history' | 'builtin printf' | 'builtin echo') return 0 ;;
  esac
  return 1
}

# No variable of its own: what is called here sets its as it would outside. It finds `$?` and PIPESTATUS as they were.
__quotaline_run_before() {
  "$@"
  __quotaline_hook
}

# Puts the line in front of PS1. Where PS1 is not expanded (liquidprompt turns that off) the text itself stands there: bash then
# reads nothing of it but the marks of zero width.
__quotaline_draw() {
  local before=${PS1-} text='${QUOTALINE:+$QUOTALINE }' open='\[' close='\]'
  if ! builtin shopt -q promptvars; then
    text=${QUOTALINE:+$QUOTALINE }
    text=${text//$'\001'/"$open"}
    text=${text//$'\002'/"$close"}
  fi
  PS1=${before#"$__quotaline_shown"}
  if [[ $PS1 != *QUOTALINE* ]]; then PS1=$text$PS1; fi
  __quotaline_lost=$((__quotaline_lost + 1))
  if [[ -n $__quotaline_shown && $before == "$__quotaline_shown"* ]]; then __quotaline_lost=0; fi
  __quotaline_shown=$text
  # A theme that came later and took PROMPT_COMMAND calls us before it sets PS1: then stand behind it from now on.
  if [[ $__quotaline_lost == 2 && ${PROMPT_COMMAND[*]-} != *"$__quotaline_item" ]]; then __quotaline_join; fi
}

__quotaline_show() {
  __quotaline_hook
  if [[ -n $QUOTALINE ]]; then builtin printf '%s ' "$QUOTALINE"; fi
}

__quotaline_hook() {
  local status=$? now=${EPOCHSECONDS-} head=
  if [[ -z $now ]]; then __quotaline_clock; fi
  if [[ ${CLAUDE_CONFIG_DIR-} != "$__quotaline_config_dir" ]]; then __quotaline_account; fi
  if [[ -f $__quotaline_dir/$__quotaline_file && -r $__quotaline_dir/$__quotaline_file ]]; then
    IFS= builtin read -r head <"$__quotaline_dir/$__quotaline_file" || builtin :
  fi
  if [[ $head != "$__quotaline_head" || $now -ge $__quotaline_until || ${COLUMNS-} != "$__quotaline_columns" ]]; then
    __quotaline_read
  fi
  # A file from the future, by more than a minute, is a clock that was put back.
  if [[ $now -ge $__quotaline_expires || $((now + 60)) -lt $__quotaline_written ]] && [[ $now -ge $__quotaline_asked ]]; then
    __quotaline_ask
  fi
  if [[ $__quotaline_place$__quotaline_where == 10 ]]; then
    if [[ ${PS1-} == *QUOTALINE* ]] && builtin shopt -q promptvars; then
      __quotaline_lost=0
    else
      __quotaline_draw
    fi
  fi
  case $- in *e*) return 0 ;; esac
  return "$status"
}

__quotaline_hook=__quotaline_hook __quotaline_after=__quotaline_run_before
builtin export -n QUOTALINE __quotaline_hook __quotaline_after
case ${PROMPT_COMMAND[*]-} in *__quotaline_*) ;; *) __quotaline_join ;; esac
# What completes quotaline's commands is asked for when TAB is first pressed.
if [[ ${BASH_VERSINFO[0]}${BASH_VERSINFO[1]} -ge 44 ]]; then
  _quotaline_completion() {
    builtin unset -f _quotaline_completion
    builtin eval "$(PYTHONHOME='' "$__quotaline_command" init bash --completions 2>/dev/null)"
    if builtin declare -F _quotaline_completion >/dev/null; then _quotaline_completion "$@"; fi
  }
  builtin complete -o nosort -F _quotaline_completion quotaline 2>/dev/null || builtin :
fi
if [[ $__quotaline_aliases == 1 ]]; then builtin shopt -s expand_aliases; fi
