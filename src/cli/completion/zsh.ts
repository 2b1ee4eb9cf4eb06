/** The script for zsh, on top of its own completion system. */
import { type CommandName, commandNames, specOf } from '../arguments/commands.ts';
import type { Place } from '../arguments/option-specs.ts';
import { argumentPlaces, type CompletedOption, completedOptions, IMPLIED, wordsOf } from './places.ts';

/** As a word of the script. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Within an explanation or a title of `_arguments`, where these have a meaning. */
function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&');
}

/** What `_arguments` is to do there. */
function actionOf(place: Place): string {
  const words = wordsOf(place);
  if (place === 'commands') return '_provision_commands';
  if (words !== undefined) return words.length === 0 ? ' ' : `(${words.join(' ')})`;
  if (place === 'files') return '_files';
  if (place === 'folders') return '_files -/';
  return place === 'patterns' ? '_provision_patterns' : `_provision_list ${String(place)}`;
}

/** What one option is to `_arguments`: see zshcompsys(1). */
function optionSpec({ name, letter, value, isRepeatable, help }: CompletedOption): string {
  const long = `--${name}${value === undefined ? '' : value.isOptional ? '=-' : '='}`;
  const names = letter === undefined ? [] : [`-${letter}${value === undefined ? '' : '+'}`];
  const before = isRepeatable ? '*' : letter === undefined ? '' : `(-${letter} --${name})`;
  const after = `[${escaped(help)}]${value === undefined ? '' : `${value.isOptional ? '::' : ':'}${escaped(value.title)}:${actionOf(value.place)}`}`;
  const spellings = [...names, long].map((spelling) => quoted(`${before}${spelling}${after}`));
  return spellings.join(' ');
}

function argumentSpecs(command: CommandName): string[] {
  const title = escaped(specOf(command).arguments?.usage ?? 'no more arguments');
  const places = argumentPlaces(command);
  return places.map((place, i) => quoted(`${i === places.length - 1 ? '*' : i + 1}:${title}:${actionOf(place)}`));
}

function optionLines(command: CommandName, indent: string): string {
  return completedOptions()
    .filter(({ commands }) => commands.includes(command))
    .map((option) => `${indent}${optionSpec(option)} \\\n`)
    .join('');
}

function commandCase(command: CommandName): string {
  return `    ${command})
      _arguments -S \\
${optionLines(command, '        ')}        ${argumentSpecs(command).join(' ')} && ret=0
      ;;`;
}

export function zshScript(): string {
  const commands = commandNames().map((name) => `    ${quoted(`${name}:${specOf(name).summary}`)}`);
  return `#compdef provision
# Completion of provision in zsh. In ~/.zshrc, after compinit:
#   eval "$(provision completion zsh)"
# or once, for a folder of $fpath:
#   provision completion zsh >_provision

_provision_commands() {
  local -a commands=(
${commands.join('\n')}
  )
  _describe -t commands command commands
}

# Asks provision for names; the inventory is the one of the command line. What stands before the last argument is for compadd.
_provision_list() {
  local inventory i MATCH MBEGIN MEND
  local -a names match mbegin mend
  for ((i = 2; i <= $#provision_words; i++)); do
    if [[ $provision_words[i] =~ '^(-[^-]*i|--inventory)$' ]]; then inventory=$provision_words[i+1]
    elif [[ $provision_words[i] =~ '^(-i|--inventory=)' ]]; then inventory=\${provision_words[i]#$MATCH}; fi
  done
  inventory=\${\${(Q)inventory}/#\\~\\//$HOME/}
  names=(\${(f)"$(\${(Q)provision_words[1]} completion $@[-1] "$PREFIX" \${inventory:+--inventory=$inventory} 2>/dev/null </dev/null)"})
  compadd "\${@[1,-2]}" -a names
}

_provision_patterns() {
  compset -P '*[:,]'
  compset -P '[&!]'
  _provision_list "$@" patterns
}

_provision() {
  local curcontext=$curcontext state line ret=1
  local -A opt_args
  local -a provision_words=($words)
  _arguments -C -S -A '-*' \\
${optionLines(IMPLIED, '    ')}    '1:command:_provision_commands' '*:: :->command' && ret=0
  [[ $state == command ]] || return ret
  case $line[1] in
${commandNames().map(commandCase).join('\n')}
  esac
  return ret
}

# As a file of $fpath this is run at the first Tab; else it is to be told.
if [[ $funcstack[1] == _provision ]]; then _provision "$@"; else compdef _provision provision; fi
`;
}
