# shellcheck shell=sh disable=SC3028,SC2174,SC2154 # busybox has EPOCHSECONDS; only the folder itself is ours to close; `command read` sets, too
# What quotaline.sh and line.sh share, for any POSIX shell: read a prompt file, know the time, start a refresh.
#
# A prompt file is a head, `quotaline 1 WRITTEN EXPIRES TAG`, then frames, `UNTIL<tab>TEXT` in order of time: what the line is
# until then. Times are epoch seconds. Nothing in it is evaluated. Every statement bears `set -eu`.

# __quotaline_clock DIR: epoch seconds in __quotaline_now, without a process where the shell or Linux allows it. A refresh
# leaves in DIR/clock when this boot was, so that the time is that and /proc/uptime; after another boot it no longer counts.
__quotaline_clock() {
  __quotaline_now=${EPOCHSECONDS-}
  case ${__quotaline_now:-x} in *[!0-9]*) ;; *) return 0 ;; esac
  if [ -r "$1/clock" ] && [ -r /proc/uptime ] && [ -r /proc/sys/kernel/random/boot_id ]; then
    command read -r __quotaline_a __quotaline_now <"$1/clock" || :
    command read -r __quotaline_b </proc/sys/kernel/random/boot_id || :
    command read -r __quotaline_c __quotaline_d </proc/uptime || :
    case ${__quotaline_now:-x}${__quotaline_c%%.*} in
      *[!0-9]* | 0*) ;;
      *)
        if [ "$__quotaline_a" = "$__quotaline_b" ]; then
          __quotaline_now=$((__quotaline_now + ${__quotaline_c%%.*}))
          return 0
        fi
        ;;
    esac
  fi
  __quotaline_now=$(command date +%s)
}

# __quotaline_frame DIR NAME: the line of now in __quotaline_text, and in __quotaline_due whether a refresh is due.
__quotaline_frame() {
  __quotaline_text='' __quotaline_due=1
  __quotaline_clock "$1"
  if [ ! -f "$1/$2" ] || [ ! -r "$1/$2" ]; then return 0; fi
  {
    IFS=' ' command read -r __quotaline_a __quotaline_b __quotaline_c __quotaline_d __quotaline_tag || return 0
    case ${__quotaline_c:-x}${__quotaline_d:-x} in *[!0-9]* | 0*) return 0 ;; esac
    if [ "$__quotaline_a $__quotaline_b" != 'quotaline 1' ] || [ -z "$__quotaline_tag" ]; then return 0; fi
    # A file from the future, by more than a minute, is a clock that was put back.
    if [ "$__quotaline_now" -lt "$__quotaline_d" ] && [ "$((__quotaline_now + 60))" -ge "$__quotaline_c" ]; then
      __quotaline_due=0
    fi
    while IFS='	' command read -r __quotaline_a __quotaline_b; do
      case ${__quotaline_a:-x} in *[!0-9]* | 0*) break ;; esac
      if [ "$__quotaline_now" -lt "$__quotaline_a" ]; then
        __quotaline_text=$__quotaline_b
        return 0
      fi
    done
    __quotaline_due=1
  } <"$1/$2"
}

# __quotaline_form NAME: the name of the prompt file in __quotaline_name: another one for a locale without UTF-8.
__quotaline_form() {
  __quotaline_name=$1
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in *[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) ;; *) __quotaline_name=$1-ascii ;; esac
}

# __quotaline_ask DIR COMMAND: start a refresh and forget it, unless somebody did within a minute or no stamp can be left.
__quotaline_ask() {
  if [ -n "${QUOTALINE_REFRESH-}" ]; then return 0; fi
  if [ ! -d "$1" ]; then command mkdir -p -m 700 "$1" 2>/dev/null || return 0; fi
  __quotaline_a=''
  if [ -r "$1/nudged" ]; then command read -r __quotaline_a <"$1/nudged" || :; fi
  case ${__quotaline_a:-x} in
    *[!0-9]* | 0* | ????????????*) ;;
    *)
      if [ "$__quotaline_a" -le "$__quotaline_now" ] && [ "$((__quotaline_a + 60))" -gt "$__quotaline_now" ]; then
        return 0
      fi
      ;;
  esac
  { command echo "$__quotaline_now" >|"$1/nudged"; } 2>/dev/null || return 0
  # Twice in the background: neither this shell's job table nor its exit knows of the child.
  (PYTHONHOME='' "$2" refresh --background </dev/null >/dev/null 2>&1 &)
}
