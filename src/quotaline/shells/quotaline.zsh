# quotaline in zsh 5.0 or newer: the line before each prompt, without a process.
#
# `quotaline init zsh` prints this file after four assignments: __quotaline_dir (the account's cache folder),
# __quotaline_config_dir (the CLAUDE_CONFIG_DIR it belongs to), __quotaline_command (an absolute path), __quotaline_place
# (1 puts the line into RPROMPT). A refresh leaves `prompt.zsh` in that folder: a head, `quotaline 1 WRITTEN EXPIRES TAG`, then
# frames, `UNTIL<tab>TEXT` in order of time: what the line is until then. Times are epoch seconds. Nothing in it is evaluated.
# The hook itself bears any option (`-e`, `-u`, KSH_ARRAYS …); the rarer paths ask for zsh's own.

typeset -g QUOTALINE= __quotaline_head= __quotaline_right= __quotaline_subst= __quotaline_shown=${__quotaline_shown-}
typeset -gi __quotaline_until=0 __quotaline_written=0 __quotaline_expires=0 __quotaline_asked=0
typeset -g __quotaline_dir=${__quotaline_dir-} __quotaline_config_dir=${__quotaline_config_dir-}
typeset -g __quotaline_command=${__quotaline_command-quotaline} __quotaline_place=${__quotaline_place-1}
typeset -g __quotaline_file=prompt.zsh
if [[ -n ${NO_COLOR-} ]]; then __quotaline_file=prompt.zsh-plain; fi

zmodload zsh/datetime 2>/dev/null || :
typeset -gi __quotaline_sysread=0
zmodload zsh/system 2>/dev/null && __quotaline_sysread=1 || :

# The head and the frame of `now`. A file that is not what it should be shows nothing and counts as expired.
__quotaline_read() {
  emulate -L zsh
  local -a lines words
  local line
  QUOTALINE= __quotaline_head=$head __quotaline_until=0 __quotaline_written=0 __quotaline_expires=0
  [[ -n $head ]] || return 0
  lines=("${(@f)$(<$__quotaline_dir/$__quotaline_file)}")
  words=(${=lines[1]})
  [[ $#words == 5 && $words[1] == quotaline && $words[2] == 1 && $words[3] == [1-9]<-> && $words[4] == [1-9]<-> ]] || return 0
  for line in "${(@)lines[2,-1]}"; do
    [[ $line == [1-9]<->$'\t'* ]] || return 0
    if (( now < ${line%%$'\t'*} )); then
      __quotaline_until=${line%%$'\t'*} __quotaline_written=$words[3] __quotaline_expires=$words[4]
      QUOTALINE=${${line#*$'\t'}//$'\037'/$'\n'}
      return 0
    fi
  done
}

# Start a refresh and forget it: once a minute in this shell, and in all shells together as far as the stamp can be written.
__quotaline_ask() {
  emulate -L zsh
  setopt localtraps
  [[ -z ${QUOTALINE_REFRESH-} ]] || return 0
  local asked= stamp=$__quotaline_dir/nudged
  __quotaline_asked=$(( now + 60 ))
  if [[ -r $stamp ]]; then asked=$(<$stamp); fi
  if [[ $asked == <-> && $#asked -lt 12 ]] && (( asked <= now && asked + 60 > now )); then return 0; fi
  if [[ -d $__quotaline_dir && -w $__quotaline_dir ]]; then print -r -- $now 2>/dev/null >|$stamp || :; fi
  $__quotaline_command refresh --background </dev/null >/dev/null 2>&1 &!
}

# Another CLAUDE_CONFIG_DIR is another account; its folder's name is asked for once, when it changes.
__quotaline_account() {
  emulate -L zsh
  __quotaline_config_dir=${CLAUDE_CONFIG_DIR-} __quotaline_asked=0 __quotaline_until=0
  __quotaline_dir=$($__quotaline_command init --where 2>/dev/null </dev/null) || __quotaline_dir=/dev/null/none
}

# Puts the line in front of RPROMPT, in one row. Where prompts are expanded the text is only referred to: nothing in it can be.
__quotaline_put() {
  local base=${RPROMPT-}
  __quotaline_right=${QUOTALINE//$'\n'/ }
  if [[ -n $__quotaline_shown ]]; then base=${base#"$__quotaline_shown"}; fi
  __quotaline_shown=
  if [[ -n $__quotaline_right && $base != *QUOTALINE* && ${PROMPT-} != *QUOTALINE* ]]; then
    if [[ -o promptsubst ]]; then
      __quotaline_shown='${__quotaline_right-}'
    else
      __quotaline_shown=$__quotaline_right
    fi
    if [[ -n $base ]]; then __quotaline_shown+=' '; fi
  fi
  RPROMPT=$__quotaline_shown$base
}

__quotaline_precmd() {
  local -i now=${EPOCHSECONDS:-${(%):-%D{%s}}}
  local head= fresh= subst=
  if [[ ${CLAUDE_CONFIG_DIR-} != "$__quotaline_config_dir" ]]; then __quotaline_account; fi
  if [[ -f $__quotaline_dir/$__quotaline_file && -r $__quotaline_dir/$__quotaline_file ]]; then
    if (( __quotaline_sysread )); then
      sysread -s 96 head <"$__quotaline_dir/$__quotaline_file" || :
      head=${head%%$'\n'*}
    else
      IFS= read -r head <"$__quotaline_dir/$__quotaline_file" || :
    fi
  fi
  if [[ $head != "$__quotaline_head" || $now -ge $__quotaline_until ]]; then
    __quotaline_read
    fresh=1
    if [[ -o promptbang ]]; then QUOTALINE=${QUOTALINE//'!'/!!}; fi
  fi
  # A file from the future, by more than a minute, is a clock that was put back.
  if [[ $now -ge $__quotaline_expires || $now -lt $__quotaline_written-60 ]] && [[ $now -ge $__quotaline_asked ]]; then
    __quotaline_ask
  fi
  if [[ -o promptsubst ]]; then subst=on; fi
  # A function call costs as much as all of the above: put the line only where it is not.
  if [[ $__quotaline_place == 1 ]] &&
    [[ -n $fresh || -z $__quotaline_shown || ${RPROMPT-} != "$__quotaline_shown"* || $subst != "$__quotaline_subst" ]]; then
    __quotaline_put
    __quotaline_subst=$subst
  fi
}

# Last among the hooks, so that a theme that sets RPROMPT in its own has done so; sourced twice it is there once.
typeset -ga precmd_functions
precmd_functions=(${precmd_functions:#__quotaline_precmd} __quotaline_precmd)
