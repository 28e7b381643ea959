# Completion for bash. Commands, flags and the words a flag takes are read from `entente --help` and `entente COMMAND --help`,
# so that they are always those of the program that is installed.

_entente() {
  local entente=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local commands command='' help values

  commands=$("$entente" --help 2>/dev/null | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p')
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$commands" | sort -u) --help --version" -- "$word")
    return
  fi
  if grep -qxF "${COMP_WORDS[1]}" <<<"$commands"; then
    command=${COMP_WORDS[1]}
  elif ((COMP_CWORD == 2)); then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n "s/^${COMP_WORDS[1]} //p" <<<"$commands")" -- "$word")
    return
  else
    command="${COMP_WORDS[1]} ${COMP_WORDS[2]}"
  fi

  # Two words or none: an unquoted $command is what the program takes.
  # shellcheck disable=SC2086
  help=$("$entente" $command --help 2>/dev/null)
  values=$(sed -n "s/^  $before \([^ ]\+\) .*/\1/p" <<<"$help")
  if [[ $before == --* && $values == *'|'* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${values//|/ }" -- "$word")
  elif [[ $before == --* && ($values == PATH || $values == FILE) ]] || [[ $word != -* && $help == *"] FILE"* && -z $values ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  elif [[ -z $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  \(--[a-z-]\+\) .*/\1/p' <<<"$help") --help" -- "$word")
  fi
}
complete -F _entente entente
