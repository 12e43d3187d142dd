# quotaline in zsh 5.0 or newer: the line before each prompt, without a process.
#
# `quotaline init zsh` prints this file after five assignments: __quotaline_dir (the account's cache folder),
# __quotaline_config_dir and __quotaline_home (the CLAUDE_CONFIG_DIR, and the HOME and other folders that it follows from),
# __quotaline_command (an absolute path), __quotaline_place (1 puts the line into RPROMPT). A refresh leaves `prompt.zsh` in that folder: a head, `quotaline 1 WRITTEN EXPIRES TAG`, then
# frames, `UNTIL<tab>TEXT` in order of time: what the line is until then. Times are epoch seconds. Nothing in it is evaluated.
# `init` has it read by zsh's own options and without aliases; the hook itself bears any option (`-e`, `-u`, KSH_ARRAYS and more), the
# rarer paths ask for zsh's own. No function stands in for a builtin.

typeset -g QUOTALINE= __quotaline_head= __quotaline_right= __quotaline_mode= __quotaline_shown=${__quotaline_shown-}
typeset -gi __quotaline_until=0 __quotaline_written=0 __quotaline_expires=0 __quotaline_asked=0 __quotaline_drawn=0
typeset -g __quotaline_dir=${__quotaline_dir-} __quotaline_config_dir=${__quotaline_config_dir-}
typeset -g __quotaline_command=${__quotaline_command-quotaline} __quotaline_place=${__quotaline_place-1}
typeset -g __quotaline_file=prompt.zsh
# In another home the first prompt asks for the folder, as for another account.
if [[ -n ${__quotaline_home-} && $__quotaline_home != "${HOME-}|${XDG_CACHE_HOME-}|${QUOTALINE_CACHE_DIR-}" ]]; then
  __quotaline_config_dir=$'\n'
fi
# A dumb terminal is read by a program, which takes a `%` or a `$` for the end of a prompt: nothing is put into it.
if [[ ${TERM-} == dumb ]]; then __quotaline_place=0; fi
if [[ -n ${NO_COLOR-} || ${TERM-} == dumb ]]; then __quotaline_file+=-plain; fi
if [[ ${${LC_ALL:-${LC_CTYPE:-${LANG-}}}:l} != *utf(-|)8* ]]; then __quotaline_file+=-ascii; fi

builtin zmodload zsh/datetime 2>/dev/null || builtin :
typeset -gi __quotaline_sysread=0
builtin zmodload zsh/system 2>/dev/null && __quotaline_sysread=1 || builtin :

# The head and the frame of `now`. A file that is not what it should be shows nothing and counts as expired.
__quotaline_read() {
  builtin emulate -L zsh
  local -a lines words
  local line
  QUOTALINE= __quotaline_mode=$mode __quotaline_head=$head __quotaline_until=0 __quotaline_written=0 __quotaline_expires=0
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
  builtin emulate -L zsh
  builtin setopt localtraps
  [[ -z ${QUOTALINE_REFRESH-} ]] || return 0
  local asked= stamp=$__quotaline_dir/nudged
  __quotaline_asked=$(( now + 60 ))
  if [[ -r $stamp ]]; then asked=$(<$stamp); fi
  if [[ $asked == <-> && $#asked -lt 12 ]] && (( asked <= now && asked + 60 > now )); then return 0; fi
  if [[ -d $__quotaline_dir && -w $__quotaline_dir ]]; then builtin print -r -- $now 2>/dev/null >|$stamp || builtin :; fi
  PYTHONHOME= $__quotaline_command refresh --background </dev/null >/dev/null 2>&1 &!
}

# Another CLAUDE_CONFIG_DIR is another account; its folder's name is asked for once, when it changes.
__quotaline_account() {
  builtin emulate -L zsh
  __quotaline_config_dir=${CLAUDE_CONFIG_DIR-} __quotaline_asked=0 __quotaline_until=0
  __quotaline_dir=$(PYTHONHOME= $__quotaline_command init --where 2>/dev/null </dev/null) || __quotaline_dir=/dev/null/none
}

# Puts the line in front of RPROMPT, in one row.
__quotaline_put() {
  builtin emulate -L zsh
  local base=${RPROMPT-}
  __quotaline_right=${QUOTALINE//$'\n'/ }
  if [[ -n $__quotaline_shown ]]; then base=${base#"$__quotaline_shown"}; fi
  __quotaline_shown=
  if [[ -n $__quotaline_right && $base != *QUOTALINE* && ${PROMPT-} != *QUOTALINE* ]]; then
    # Where prompts are expanded the text is only referred to: whatever is in it, nothing there can be.
    if [[ $__quotaline_mode == *subst ]]; then __quotaline_shown='${__quotaline_right-}'; else __quotaline_shown=$__quotaline_right; fi
    if [[ -n $base ]]; then __quotaline_shown+=' '; fi
  fi
  RPROMPT=$__quotaline_shown$base
}

# The text without its escapes, for NO_PROMPT_PERCENT.
__quotaline_bare() {
  builtin emulate -L zsh
  QUOTALINE=${QUOTALINE//'%%'/$'\3'}
  while [[ $QUOTALINE == *'%{'*'%}'* ]]; do QUOTALINE=${QUOTALINE%%'%{'*}${QUOTALINE#*'%}'}; done
  QUOTALINE=${QUOTALINE//$'\3'/%}
}

__quotaline_precmd() {
  local -i now=${EPOCHSECONDS:-${(%):-%D{%s}}}
  local head= fresh= mode=
  if [[ ! -o promptpercent ]]; then mode=bare; fi
  if [[ -o promptsubst ]]; then mode+=subst; fi
  if [[ ${CLAUDE_CONFIG_DIR-} != "$__quotaline_config_dir" ]]; then __quotaline_account; fi
  if [[ -f $__quotaline_dir/$__quotaline_file && -r $__quotaline_dir/$__quotaline_file ]]; then
    if (( __quotaline_sysread )); then
      builtin sysread -s 96 head <"$__quotaline_dir/$__quotaline_file" || builtin :
      head=${head%%$'\n'*}
    else
      IFS= builtin read -r head <"$__quotaline_dir/$__quotaline_file" || builtin :
    fi
  fi
  if [[ $head != "$__quotaline_head" || $now -ge $__quotaline_until || $mode != "$__quotaline_mode" ]]; then
    __quotaline_read
    fresh=1
    if [[ $mode == bare* ]]; then __quotaline_bare; fi
  fi
  # A file from the future, by more than a minute, is a clock that was put back.
  if [[ $now -ge $__quotaline_expires || $now -lt $__quotaline_written-60 ]] && [[ $now -ge $__quotaline_asked ]]; then
    __quotaline_ask
  fi
  # A function call costs as much as all of the above: put the line only where it is not.
  if [[ $__quotaline_place == 1 ]] &&
    [[ -n $fresh || -z $__quotaline_shown || ${RPROMPT-} != "$__quotaline_shown"* ]]; then
    __quotaline_draw
  fi
}

# Where the line goes. One that was put and is gone was overwritten: by a hook, or while the line is edited.
__quotaline_draw() {
  builtin emulate -L zsh
  if builtin typeset -f p10k >/dev/null; then
    __quotaline_p10k
    return 0
  fi
  if [[ -n $__quotaline_shown && ${RPROMPT-} != "$__quotaline_shown"* ]]; then __quotaline_guard; fi
  if (( ! __quotaline_drawn )); then __quotaline_first; fi
  __quotaline_put
}

# What a theme does with RPROMPT while the first line is edited is not known yet. spaceship is: it sets it in one function.
__quotaline_first() {
  __quotaline_drawn=1
  if [[ -o zle ]]; then __quotaline_watch 5; fi
  if builtin typeset -f spaceship::populate >/dev/null; then functions[spaceship::populate]+=$'\n__quotaline_put'; fi
}

# Vi modes, asynchronous themes and transient prompts set RPROMPT while the line is edited, and then ask for the prompt to be
# drawn anew: so the line is put back there. A line that is accepted is drawn as its theme wants it.
__quotaline_guard() {
  [[ -o zle ]] || return 0
  __quotaline_watch 5
  if builtin zle -l reset-prompt; then return 0; fi
  __quotaline_reset() {
    builtin emulate -L zsh
    local accepted=
    # A handler of `zle -F` at the start of a line still has the last line's widget.
    if [[ $WIDGET == (*line-finish*|send-break) || $WIDGET == *accept* && $LASTWIDGET != zle-line-init ]]; then accepted=1; fi
    if [[ -z $accepted && $__quotaline_place == 1 && ${RPROMPT-} != "$__quotaline_shown"* ]]; then __quotaline_put; fi
    builtin zle .reset-prompt
  }
  builtin zle -N reset-prompt __quotaline_reset
  # Some draw with `zle .reset-prompt`, which is nobody's to replace.
  __quotaline_redraw() { if [[ ${RPROMPT-} != "$__quotaline_shown"* ]]; then builtin zle reset-prompt; fi }
  builtin autoload -Uz add-zle-hook-widget 2>/dev/null && add-zle-hook-widget line-pre-redraw __quotaline_redraw 2>/dev/null
  return 0
}

# Asynchronous themes draw from a handler of theirs, after which nobody is called: so somebody looks each second, for some seconds.
__quotaline_watch() {
  builtin emulate -L zsh
  typeset -gi __quotaline_looks=$1
  builtin zmodload -F zsh/sched b:sched p:zsh_scheduled_events 2>/dev/null || return 0
  if [[ ${zsh_scheduled_events-} == *__quotaline_look* ]]; then return 0; fi
  __quotaline_look() {
    builtin emulate -L zsh
    if ! builtin zle; then return 0; fi
    if [[ $__quotaline_place == 1 && ${RPROMPT-} != "$__quotaline_shown"* ]]; then
      __quotaline_guard
      __quotaline_put
      builtin zle .reset-prompt
    fi
    if (( --__quotaline_looks > 0 )); then __quotaline_watch $__quotaline_looks; fi
  }
  builtin sched +1 __quotaline_look
}

# powerlevel10k writes RPROMPT itself: there the line is a segment of it, unless it is one already.
__quotaline_p10k() {
  builtin emulate -L zsh
  typeset -g __quotaline_place=0
  local -a none=(status root_indicator background_jobs history time)
  if ! builtin typeset -f prompt_quotaline >/dev/null; then
    prompt_quotaline() { if [[ -n ${QUOTALINE-} ]]; then p10k segment -t "${QUOTALINE//$'\n'/ }"; fi }
  fi
  if [[ -z ${(M)POWERLEVEL9K_LEFT_PROMPT_ELEMENTS:#quotaline}${(M)POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS:#quotaline} ]]; then
    if (( ! ${+POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS} )); then typeset -ga POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=($none); fi
    POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=(quotaline $POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS)
  fi
}

# Last among the hooks, so that a theme that sets RPROMPT in its own has done so; before those of powerlevel10k, which draws its
# segments in its own. Sourced twice it is there once.
typeset -ga precmd_functions
if builtin typeset -f p10k >/dev/null; then
  precmd_functions=(__quotaline_precmd ${precmd_functions:#__quotaline_precmd})
  if [[ $__quotaline_place == 1 ]]; then __quotaline_p10k; fi
else
  precmd_functions=(${precmd_functions:#__quotaline_precmd} __quotaline_precmd)
fi

# What completes quotaline's commands is asked for when TAB is first pressed.
if builtin typeset -f compdef >/dev/null; then
  _quotaline_completion() {
    builtin unset -f _quotaline_completion
    builtin eval "$(PYTHONHOME= $__quotaline_command init zsh --completions 2>/dev/null)"
    if builtin typeset -f _quotaline_completion >/dev/null; then _quotaline_completion "$@"; fi
  }
  compdef _quotaline_completion quotaline
fi
