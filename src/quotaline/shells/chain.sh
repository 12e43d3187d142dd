# shellcheck shell=sh
# usage: sh chain.sh OLD COMMAND [OPTION...]
# Claude Code has one status line: this shows the rows of the OLD command line above those of `COMMAND statusline OPTION...`.
#
# OLD gets the same input, unchanged, and the same environment. Whatever it does is harmless: its exit code and its stderr
# are not looked at, what it says within two seconds is shown, and it is ended then. Both run at once.
set -u

folder=$(mktemp -d "${TMPDIR:-/tmp}/quotaline.XXXXXX") || {
  shift
  command=$1
  shift
  PYTHONHOME='' exec "$command" statusline "$@"
}
trap 'rm -rf "$folder"' EXIT
trap 'exit 0' HUP INT TERM
cat >"$folder/input"

sh -c "$1" <"$folder/input" >"$folder/theirs" 2>/dev/null &
old=$!
command=$2
shift 2
(
  trap 'kill "$nap" 2>/dev/null' TERM
  sleep 2 &
  nap=$!
  wait "$nap" && kill "$old"
) >/dev/null 2>&1 &
watch=$!

PYTHONHOME='' "$command" statusline "$@" <"$folder/input" >"$folder/ours" 2>/dev/null
wait "$old" 2>/dev/null
kill "$watch" 2>/dev/null

# Their last row may lack its end; a row of ours must not be glued to it.
theirs=$(cat "$folder/theirs")
if [ -n "$theirs" ]; then printf '%s\n' "$theirs"; fi
cat "$folder/ours"
exit 0
