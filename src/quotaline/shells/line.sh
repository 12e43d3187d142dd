# shellcheck shell=sh disable=SC2154 # frame.sh sets what is read here
# usage: sh line.sh DIR CONFIG_DIR COMMAND SURFACE [first]
# The prompt line for programs that run a command to get it (starship, tmux, i3blocks and others): one small process, no Python.
#
# frame.sh stands above this file where it is installed. DIR is the account's cache folder, CONFIG_DIR the CLAUDE_CONFIG_DIR
# that it belongs to: where another one is set, the command itself finds the right folder. `first`: the first segment alone.
set -u

if [ "${CLAUDE_CONFIG_DIR-}" != "$2" ]; then PYTHONHOME='' exec "$3" prompt --shell "$4" 2>/dev/null; fi
__quotaline_name=prompt.$4
if [ "$4" = starship ]; then __quotaline_form prompt.starship; fi
__quotaline_frame "$1" "$__quotaline_name"
if [ "$__quotaline_due" = 1 ]; then __quotaline_ask "$1" "$3"; fi
if [ "${5-}" = first ]; then __quotaline_text=${__quotaline_text%%"#[]#[]"*}; fi
# In bash starship writes `\$`, which bash shows to root as `#`. Root is who owns `/`: that needs no process.
if [ "$4-${STARSHIP_SHELL-}-$__quotaline_name" = starship-bash-prompt.starship ] && [ -O / ]; then
  __quotaline_a=$__quotaline_text __quotaline_text=''
  while [ "$__quotaline_a" != "${__quotaline_a#*"\$"}" ]; do
    __quotaline_text=$__quotaline_text${__quotaline_a%%"\$"*}＄
    __quotaline_a=${__quotaline_a#*"\$"}
  done
  __quotaline_text=$__quotaline_text$__quotaline_a
fi
if [ -n "$__quotaline_text" ]; then printf '%s\n' "$__quotaline_text"; fi
