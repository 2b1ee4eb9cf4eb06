/** The script for fish. */
import { type CommandName, commandNames, specOf } from '../arguments/commands.ts';
import type { Place } from '../arguments/option-specs.ts';
import { argumentPlaces, type CompletedOption, completedOptions, IMPLIED, wordsOf } from './places.ts';

/** As a word of the script: within single quotes only these two are special. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}

/** Arguments of `complete` for what stands there. `-f`: no files. */
function candidates(place: Place): string {
  if (place === 'files') return '-F';
  if (place === 'folders') return `-f -a '(__fish_complete_directories)'`;
  const words = wordsOf(place);
  // The empty text after the tab: without it, each would have the description of the option.
  if (words !== undefined) {
    return words.length === 0 ? '-f' : `-f -a ${quoted(words.map((word) => `${word}\\t`).join(' '))}`;
  }
  return `-f -a '(__provision_list ${String(place)})'`;
}

function optionLine({ name, letter, commands, value, help }: CompletedOption): string {
  const when = commands.length === commandNames().length ? '' : `-n ${quoted(`__provision_is ${commands.join(' ')}`)} `;
  const short = letter === undefined ? '' : `-s ${letter} `;
  const taken = value === undefined ? '-f' : `${value.isOptional ? '' : '-r '}${candidates(value.place)}`;
  return `complete -c provision ${when}${short}-l ${name} ${taken} -d ${quoted(help)}`;
}

function argumentLines(command: CommandName): string[] {
  const places = argumentPlaces(command);
  return places.map((place, i) => {
    const index = i === places.length - 1 ? `${i}+` : `${i}`;
    return `complete -c provision -n '__provision_at ${command} ${index}' ${candidates(place)}`;
  });
}

export function fishScript(): string {
  const taking = completedOptions().filter(({ value }) => value !== undefined && !value.isOptional);
  const letters = [...new Set(taking.flatMap(({ letter }) => letter ?? []))].join('');
  const commands = commandNames().map(
    (name) => `complete -c provision -n __provision_is_first -f -a ${name} -d ${quoted(specOf(name).summary)}`,
  );
  return `# Completion of provision in fish. In ~/.config/fish/config.fish:
#   provision completion fish | source
# or once:
#   provision completion fish >~/.config/fish/completions/provision.fish

# The command and its arguments before the cursor, without options and their values.
function __provision_words
    set -l skip 0
    set -l dashed 0
    set -l tokens (commandline -opc)
    for token in $tokens[2..]
        if test $skip = 1
            set skip 0
        else if test $dashed = 1
            printf '%s\\n' $token
        else if test "$token" = --
            set dashed 1
        else if contains -- "$token" ${taking.map(({ name }) => `--${name}`).join(' ')}
            set skip 1
        else if string match -qr -- '^-[^-]*[${letters}]$' "$token"
            set skip 1
        else if not string match -q -- '-*' "$token"
            printf '%s\\n' $token
        end
    end
end

function __provision_is_first
    test -z "$(__provision_words)"
end

function __provision_is
    set -l words (__provision_words)
    set -q words[1]; or set words ${IMPLIED}
    contains -- $words[1] $argv
end

# Whether an argument of that command is to come: the one with that number, or with + it or a later one.
function __provision_at --argument-names name place
    set -l words (__provision_words)
    test "$words[1]" = $name; or return
    set -l count (math (count $words) - 1)
    if string match -q '*+' $place
        test $count -ge (string trim -c + $place)
    else
        test $count = $place
    end
end

# Asks provision for names; the inventory is the one of the command line. A pattern keeps what stands before its last part.
function __provision_list --argument-names what
    set -l tokens (commandline -opc)
    set -l inventory
    for i in (seq 2 (count $tokens))
        if string match -qr -- '^(-[^-]*i|--inventory)$' $tokens[$i]
            set -l next (math $i + 1)
            set inventory $tokens[$next]
        else if string match -q -- '--inventory=*' $tokens[$i]
            set inventory (string replace -- --inventory= '' $tokens[$i])
        else if string match -qr -- '^-i' $tokens[$i]
            set inventory (string sub -s 3 -- $tokens[$i])
        end
    end
    test -n "$inventory"; and set inventory --inventory=(string replace -r '^~/' "$HOME/" -- $inventory)
    set -l before ''
    if test $what = patterns
        set before (string match -r -- '^(?:--limit=|-l)?((?:.*[:,])?[!&]?)' (commandline -ct | string trim -c '"\\''))[2]
    end
    set -l beginning (commandline -ct | string trim -c '"\\'')
    set -l program $tokens[1]
    for name in ($program completion $what "$beginning" $inventory 2>/dev/null </dev/null)
        printf '%s\\n' $before$name
    end
end

complete -c provision -f
${commands.join('\n')}
${completedOptions().map(optionLine).join('\n')}
${commandNames().flatMap(argumentLines).join('\n')}
`;
}
