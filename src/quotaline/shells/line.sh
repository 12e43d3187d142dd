# shellcheck shell=sh disable=SC2154 # frame.sh sets what is read here
# usage: sh line.sh DIR CONFIG_DIR COMMAND SURFACE
# The prompt line for programs that run a command to get it (starship, tmux, i3blocks …): one small process, no Python.
#
# frame.sh stands above this file where it is installed. DIR is the account's cache folder, CONFIG_DIR the CLAUDE_CONFIG_DIR
# that it belongs to: where another one is set, the command itself finds the right folder.
set -u

if [ "${CLAUDE_CONFIG_DIR-}" != "$2" ]; then exec "$3" prompt --shell "$4"; fi
__quotaline_frame "$1" "prompt.$4"
if [ "$__quotaline_due" = 1 ]; then __quotaline_ask "$1" "$3"; fi
if [ -n "$__quotaline_text" ]; then printf '%s\n' "$__quotaline_text"; fi
