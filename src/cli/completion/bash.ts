/** The script for bash, from 3.2 on. It needs no other package. */
import { commandNames, specOf } from '../arguments/commands.ts';
import type { Place } from '../arguments/option-specs.ts';
import { argumentPlaces, completedOptions, IMPLIED, wordsOf } from './places.ts';

/** What `_provision` says of a place: `files`, `folders`, `list hosts`, or `words list graph host`. */
function placeText(place: Place): string {
  const words = wordsOf(place);
  if (words !== undefined) return ['words', ...words].join(' ');
  return place === 'files' || place === 'folders' ? place : `list ${String(place)}`;
}

/** An option that may stand without a value has one only behind `=`. */
function valueCases(): string[] {
  // A letter that means something else with another command is told for each.
  const isAmbiguous = (letter: string) => commandNames().some((name) => letter in (specOf(name).letters ?? {}));
  const cases = completedOptions().flatMap(({ name, letter, commands, value }) => {
    const shorts =
      letter === undefined ? [] : (isAmbiguous(letter) ? commands : ['*']).map((command) => `${command}:-${letter}`);
    if (value === undefined) return [];
    const patterns = [`*:--${name}=`, ...(value.isOptional ? [] : [`*:--${name}`, ...shorts])];
    return [`${patterns.join('|')}) place='${placeText(value.place)}' ;;`];
  });
  return cases.map((line) => `    ${line}`);
}

function optionCases(): string[] {
  return commandNames().map((command) => {
    const words = completedOptions()
      .filter(({ commands }) => commands.includes(command))
      .flatMap(({ name, letter }) => [...(letter === undefined ? [] : [`-${letter}`]), `--${name}`]);
    return `    ${command}) place='words ${words.join(' ')}' ;;`;
  });
}

function argumentCases(): string[] {
  return commandNames().flatMap((command) =>
    argumentPlaces(command).map((place, i, places) => {
      const index = i === places.length - 1 ? '*' : i;
      return `    ${command}:${index}) place='${placeText(place)}' ;;`;
    }),
  );
}

export function bashScript(): string {
  return `# Completion of provision in bash. In ~/.bashrc:
#   eval "$(provision completion bash)"
# or, where the package bash-completion is installed, once:
#   provision completion bash >~/.local/share/bash-completion/completions/provision

# What the value of an option is, as COMMAND:OPTION; nothing where it takes none.
_provision_value() {
  case $1 in
${valueCases().join('\n')}
  esac
}

_provision_options() {
  case $1 in
${optionCases().join('\n')}
  esac
}

# What an argument is, as COMMAND:NUMBER.
_provision_argument() {
  case $1 in
${argumentCases().join('\n')}
  esac
}

# Puts the command line before the cursor into words: bash breaks it at = and : as well.
_provision_words() {
  local rest=\${COMP_LINE:0:COMP_POINT} word i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i == 0)) || [[ $rest == [[:blank:]]* ]]; then
      words[\${#words[@]}]=
      rest=\${rest#"\${rest%%[![:blank:]]*}"}
    fi
    if ((i < COMP_CWORD)); then word=\${COMP_WORDS[i]}; else word=$rest; fi
    words[\${#words[@]} - 1]+=$word
    rest=\${rest#"$word"}
  done
}

_provision() {
  local words word letters place= option= command= dashes= inventory= arguments=0 i
  _provision_words
  local current=\${words[\${#words[@]} - 1]}
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word=\${words[i]}
    if [[ $option ]]; then
      [[ $option == -i || $option == --inventory ]] && inventory=$word
      option=
    elif [[ ! $dashes && $word == -- ]]; then
      dashes=1
    elif [[ ! $dashes && $word == --inventory=* ]]; then
      inventory=\${word#*=}
    elif [[ ! $dashes && $word == --* ]]; then
      place=
      _provision_value "\${command:-${IMPLIED}}:$word"
      [[ $place ]] && option=$word
    elif [[ ! $dashes && $word == -?* ]]; then
      for ((letters = 1; letters < \${#word}; letters++)); do
        place=
        _provision_value "\${command:-${IMPLIED}}:-\${word:letters:1}"
        [[ $place ]] || continue
        if ((letters == \${#word} - 1)); then option=-\${word:letters:1}
        elif [[ \${word:letters:1} == i ]]; then inventory=\${word:letters + 1}; fi
        break
      done
    elif [[ $command ]]; then
      arguments=$((arguments + 1))
    else
      command=$word
    fi
  done

  local lead= value=$current quoted=
  place=
  if [[ $option ]]; then
    _provision_value "\${command:-${IMPLIED}}:$option"
  elif [[ ! $dashes && $current == --*=* ]]; then
    lead=\${current%%=*}=
    value=\${current#*=}
    _provision_value "\${command:-${IMPLIED}}:$lead"
    [[ $COMP_WORDBREAKS == *=* ]] && lead=
  elif [[ ! $dashes && $current == -* ]]; then
    _provision_options "\${command:-${IMPLIED}}"
  elif [[ $command ]]; then
    _provision_argument "$command:$arguments"
  else
    place='words ${commandNames().join(' ')}'
  fi

  # Within quotes nothing breaks a word.
  local breaks=\${COMP_WORDBREAKS//[^=:]/} cut=
  case $value in
    [\\'\\"]*) value=\${value:1} quoted=1 lead= ;;
  esac
  [[ $breaks && ! $quoted ]] && cut=\${value%"\${value##*[$breaks]}"}

  COMPREPLY=()
  local names=
  case $place in
    files) return ;;
    folders) compopt +o default -o dirnames 2>/dev/null; return ;;
    words*) names=\${place#words} ;;
    list*)
      inventory=\${inventory//[\\\\\\'\\"]/}
      inventory=\${inventory/#~\\//$HOME/}
      names=$("$1" completion "\${place#list }" "$value" \${inventory:+--inventory="$inventory"} 2>/dev/null </dev/null)
      ;;
  esac
  compopt +o default 2>/dev/null
  # A pattern: what stands before its last part, and what that part begins with.
  local before=
  if [[ $place == 'list patterns' ]]; then
    before=\${value%"\${value##*[:,]}"}
    word=\${value#"$before"}
    case $word in
      [\\!\\&]*) before+=\${word:0:1} ;;
    esac
  fi
  local IFS=$' \\t\\n'
  for word in $names; do
    word=$before$word
    [[ $word == "$value"* ]] && COMPREPLY[\${#COMPREPLY[@]}]=$lead\${word#"$cut"}
  done
}

complete -o default -F _provision provision
`;
}
