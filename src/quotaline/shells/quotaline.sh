# shellcheck shell=sh disable=SC2154 # frame.sh sets what is read here
# quotaline in dash, busybox ash, ksh and friends: the line before each prompt, with one fork and no program.
#
# `quotaline init sh` prints frame.sh and this file after four assignments: __quotaline_dir (the account's cache folder),
# __quotaline_config_dir (the CLAUDE_CONFIG_DIR it belongs to), __quotaline_command (an absolute path), __quotaline_place
# (1 puts the line into PS1). These shells have no hook before the prompt, but they expand PS1 each time it is shown; what
# stands there runs in a fork, so that QUOTALINE is set when the shell starts and whenever `quotaline_update` is called.

: "${__quotaline_dir:=}" "${__quotaline_config_dir:=}" "${__quotaline_command:=quotaline}" "${__quotaline_place:=1}"

quotaline_update() {
  # Another CLAUDE_CONFIG_DIR is another account.
  if [ "${CLAUDE_CONFIG_DIR-}" != "$__quotaline_config_dir" ]; then
    __quotaline_config_dir=${CLAUDE_CONFIG_DIR-}
    __quotaline_dir=$("$__quotaline_command" init --where </dev/null 2>/dev/null) || __quotaline_dir=/dev/null/none
  fi
  __quotaline_frame "$__quotaline_dir" prompt.sh
  QUOTALINE=$__quotaline_text
  if [ "$__quotaline_due" = 1 ]; then __quotaline_ask "$__quotaline_dir" "$__quotaline_command"; fi
}

__quotaline_line() {
  __quotaline_status=$?
  quotaline_update
  if [ -n "$QUOTALINE" ]; then printf '%s ' "$QUOTALINE"; fi
  return "$__quotaline_status"
}

quotaline_update
if [ "$__quotaline_place" = 1 ]; then
  case ${PS1-} in
    *__quotaline_line* | *QUOTALINE*) ;;
    *) PS1='$(__quotaline_line)'${PS1-} ;;
  esac
fi
