#!/bin/sh
# For tmux's plugin manager (TPM), which runs this file: `#{quotaline}` in status-left and status-right becomes the line.
# It needs the program (README has how to install it); `quotaline install tmux` does the same without a plugin manager.
set -u

mark='#{quotaline}'
program=$(command -v quotaline) || program=$HOME/.local/bin/quotaline
if [ ! -x "$program" ]; then
  tmux display-message 'quotaline: the program is not installed, or not in the PATH of tmux'
  exit 0
fi
case $program in
*[!A-Za-z0-9/._+@~-]*) program=quotaline ;; # no path that tmux or its shell would read otherwise
esac
job="#($program prompt --shell tmux)"

for side in status-left status-right; do
  value=$(tmux show-option -gqv "$side")
  case $value in *"$mark"*) ;; *) continue ;; esac
  done=
  while :; do
    case $value in *"$mark"*) ;; *) break ;; esac
    done=$done${value%%"$mark"*}$job
    value=${value#*"$mark"}
  done
  tmux set-option -gq "$side" "$done$value"
  if [ "$(tmux show-option -gqv "$side-length")" -lt 120 ]; then tmux set-option -gq "$side-length" 120; fi
done
