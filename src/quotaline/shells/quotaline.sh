# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # frame.sh sets what is read here, yash reads YASH_PS1, PS1 is expanded later
# quotaline in dash, busybox ash, ksh, yash and friends: the line before each prompt, with one fork and no program.
#
# `quotaline init sh` prints frame.sh and this file after five assignments: __quotaline_dir (the account's cache folder),
# __quotaline_config_dir and __quotaline_home (the CLAUDE_CONFIG_DIR, and the HOME and other folders that it follows from),
# __quotaline_command (an absolute path), __quotaline_place (1 puts the line into PS1). These shells have no hook before the prompt, but they expand PS1 each time it is shown; what
# stands there runs in a fork, so that QUOTALINE is set when the shell starts and whenever `quotaline_update` is called.

: "${__quotaline_dir:=}" "${__quotaline_config_dir:=}" "${__quotaline_command:=quotaline}" "${__quotaline_place:=1}"
# A dumb terminal is read by a program, which takes a `$` for the end of a prompt: nothing is put into it.
if [ "${TERM-}" = dumb ]; then __quotaline_place=0; fi
__quotaline_form prompt.sh
__quotaline_nothing=$(command printf '\001\002')

quotaline_update() {
  # Another CLAUDE_CONFIG_DIR is another account.
  if [ "${CLAUDE_CONFIG_DIR-}" != "$__quotaline_config_dir" ]; then
    __quotaline_config_dir=${CLAUDE_CONFIG_DIR-}
    __quotaline_dir=$(PYTHONHOME='' "$__quotaline_command" init --where </dev/null 2>/dev/null) || __quotaline_dir=/dev/null/none
  fi
  __quotaline_frame "$__quotaline_dir" "$__quotaline_name"
  QUOTALINE=$__quotaline_text
  if [ "$__quotaline_due" = 1 ]; then __quotaline_ask "$__quotaline_dir" "$__quotaline_command"; fi
}

# Here the text is not evaluated again: it goes without the marks that keep it from that, which not every shell knows to take no
# cell. Where the terminal's width is known, only the segments that leave a third of it free.
__quotaline_line() {
  __quotaline_status=$?
  quotaline_update
  __quotaline_text=$QUOTALINE
  while :; do
    __quotaline_a=$__quotaline_text __quotaline_b=''
    while :; do
      case $__quotaline_a in *"$__quotaline_nothing"*) ;; *) break ;; esac
      __quotaline_b=$__quotaline_b${__quotaline_a%%"$__quotaline_nothing"*}
      __quotaline_a=${__quotaline_a#*"$__quotaline_nothing"}
    done
    __quotaline_b=$__quotaline_b$__quotaline_a
    case ${COLUMNS:-x} in *[!0-9]* | 0*) break ;; esac
    if [ "${#__quotaline_b}" -le "$((COLUMNS * 2 / 3))" ]; then break; fi
    case $__quotaline_text in
      *"$__quotaline_nothing$__quotaline_nothing"*)
        __quotaline_text=${__quotaline_text%"$__quotaline_nothing$__quotaline_nothing"*}
        ;;
      *) __quotaline_text='' ;;
    esac
  done
  if [ -n "$__quotaline_b" ]; then command printf '%s ' "$__quotaline_b"; fi
  return "$__quotaline_status"
}

# A child shell may inherit PS1, and never the function: it expands to nothing there, and is silent where all is exported.
quotaline_update
if [ "$__quotaline_place" = 1 ]; then
  __quotaline_on=1
  case ${PS1-} in
    *__quotaline_line* | *QUOTALINE*) ;;
    *) PS1='${__quotaline_on:+$(__quotaline_line 2>/dev/null)}'${PS1-} ;;
  esac
  # yash has a variable of its own for what it shows outside its POSIX mode.
  case ${YASH_VERSION:+y}${YASH_PS1-} in
    '' | [!y]* | *__quotaline_line* | *QUOTALINE* | y) ;;
    *) YASH_PS1='${__quotaline_on:+$(__quotaline_line 2>/dev/null)}'$YASH_PS1 ;;
  esac
fi
