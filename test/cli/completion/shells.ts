/** Drives the completion of real shells: what each offers at the end of a line. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

export interface Place {
  /** Holds `provision.SHELL`, and is where the line is typed. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** What a shell offers at the end of each line, sorted; `<files>` and `<folders>` where bash is told to look for those itself. */
export function offered(shell: Shell, lines: readonly string[], place: Place): string[][] {
  return DRIVERS[shell](lines, place).map((offers) => [...new Set(offers)].sort());
}

const DRIVERS: Readonly<Record<Shell, (lines: readonly string[], place: Place) => string[][]>> = {
  bash: (lines, place) => lines.map((line) => bash(line, place)),
  fish: (lines, place) => lines.map((line) => fish(line, place)),
  zsh,
};

/** The function is called as bash calls it. */
function bash(line: string, place: Place): string[] {
  const script = `
    source ./provision.bash
    left='<files>'
    compopt() { left=; [ "$*" != '+o default -o dirnames' ] || left='<folders>'; }
    COMP_LINE=$1 COMP_POINT=\${#1}; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _provision provision
    printf '%s\\n' "\${COMPREPLY[@]}" "$left"`;
  return lines(execFileSync('bash', ['-c', script, 'bash', line, ...bashWords(line)], { encoding: 'utf8', ...place }));
}

/** Words of a command line as bash has them: it breaks them at = and : as well, but not within quotes. */
function bashWords(line: string): string[] {
  const words = line.match(/'[^']*'?|[=:]+|[^\s=:']+/g) ?? [];
  return line.endsWith(' ') ? [...words, ''] : words;
}

function fish(line: string, place: Place): string[] {
  const script = 'source ./provision.fish; complete -C $argv[1]';
  const text = execFileSync('fish', ['--no-config', '-c', script, line], { encoding: 'utf8', ...place });
  return lines(text).map((offer) => offer.replace(/\t.*/, ''));
}

/** In a terminal of its own, as nothing else gets at its completion; `compadd` writes down what it would offer. */
function zsh(typed: readonly string[], place: Place): string[][] {
  const setUp = `
    PROMPT=; autoload -Uz compinit; compinit -D -u; source ./provision.zsh; zstyle ':completion:*' verbose no
    compadd() {
      local -a got asked; zparseopts -E -a asked O: A: D:
      (( $#asked )) || { builtin compadd -A got "$@"; (( $#got )) && print -rl -- $got >>./offered; }
      builtin compadd "$@"
    }
    offer() { _main_complete; : >./done }
    zle -C offer complete-word offer; bindkey '^I' offer; bindkey '^U' kill-whole-line; : >./done`;
  const script = `
    zmodload zsh/zpty || exit 1
    until_done() {
      for i in {1..400}; do [[ -e ./done ]] && { rm ./done; return; }; sleep 0.02; done
      echo "never done: $1" >&2; exit 1
    }
    print -r -- "$1" >./set-up; shift
    zpty shell zsh -f -i
    zpty -w shell 'source ./set-up'; until_done set-up
    for line; do
      : >./offered
      zpty -w -n shell $'\\x15'"$line"$'\\t'; until_done "$line"
      cat ./offered; echo '==='
    done
    zpty -d shell`;
  const text = execFileSync('zsh', ['-f', '-c', script, 'zsh', setUp, ...typed], { encoding: 'utf8', ...place });
  return text.split('===\n').slice(0, -1).map(lines);
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

/** Types keys into an interactive bash, then Enter; what its terminal shows until a line holds `until`. */
export function typeIntoBash(keys: string, until: string, place: Place): Promise<string> {
  const shell = spawn('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], place);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error(`never shown: ${until}; but\n${shown}`)), 20_000);
  let shown = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (shown.includes(until)) resolve(shown);
  });
  shell.stdin.write(`source ./provision.bash\n${keys}\n`);
  return promise.finally(() => {
    clearTimeout(timer);
    shell.kill();
  });
}
