# Completion for bash. Commands, flags and the words a flag takes are read from `entente --help` and `entente COMMAND --help`,
# so that they are always those of the program that is installed.

# The names of the IANA time zone database.
_entente_zones() {
  (cd "${TZDIR:-/usr/share/zoneinfo}" 2>/dev/null && find -L . -type f -path './[A-Z]*' ! -name '*.*' | cut -c3-)
}

# The tokens that could be revoked, of the database that the line names.
_entente_ids() {
  local -a flags=()
  local i
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == --db || ${COMP_WORDS[i]} == --socket ]]; then
      [[ ${COMP_WORDS[i + 1]} == '=' ]] && flags+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 2]}") || flags+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}")
    fi
  done
  "$1" token list "${flags[@]}" 2>/dev/null | sed -n '/(revoked)$/d; s/^\(tok_[a-z0-9]*\) .*/\1/p'
}

_entente() {
  local entente=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} first=1
  local commands command='' help values

  # bash parts --flag=value into three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  commands=$("$entente" --help 2>/dev/null | sed -n 's/^  \([a-z]\+\( [a-z]\+\)\?\)  .*/\1/p')
  if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == help ]]; then
    first=2
  fi
  if ((COMP_CWORD == first)); then
    local others=''
    ((first == 1)) && others='help --help --version'
    mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$commands" | sort -u) $others" -- "$word")
    return
  fi
  if grep -qxF -e "${COMP_WORDS[first]}" <<<"$commands"; then
    command=${COMP_WORDS[first]}
  elif ((COMP_CWORD == first + 1)); then
    local group
    group=$(grep -e "^${COMP_WORDS[first]//[^a-z]/-} " <<<"$commands" | cut -d' ' -f2)
    [[ -z $group ]] || mapfile -t COMPREPLY < <(compgen -W "$group" -- "$word")
    return
  else
    command="${COMP_WORDS[first]} ${COMP_WORDS[first + 1]}"
  fi
  if ((first == 2)) || ! grep -qxF -e "$command" <<<"$commands"; then
    return
  fi

  # Two words or none: an unquoted $command is what the program takes.
  # shellcheck disable=SC2086
  help=$("$entente" $command --help 2>/dev/null)
  [[ $before == --* ]] && values=$(sed -n "s/^  $before \([^ ]\+\) .*/\1/p" <<<"$help")
  if [[ $before == --timezone ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_entente_zones)" -- "$word")
  elif [[ $before == --charset ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'utf-8 utf-16 shift_jis big5' -- "$word")
  elif [[ $values == *'|'* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${values//|/ }" -- "$word")
  elif [[ $values == PATH || $values == FILE ]] || [[ $word != -* && $help == *"] FILE"* && -z $values ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
  elif [[ $word != -* && $help == *"] ID"* && -z $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_entente_ids "$entente")" -- "$word")
  elif [[ -z $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  \(--[a-z-]\+\) .*/\1/p' <<<"$help") --help" -- "$word")
  fi
}
complete -F _entente entente
