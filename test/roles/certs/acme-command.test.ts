/** The command that the host renews its certificates with, run for real; uacme, haproxy's socket and the network are acted. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { raw, reveal, type Text } from '../../../src/index.ts';
import { readTemplate, renderTemplate } from '../../../src/resources/templates/template-text.ts';
import { runScript } from '../../resources/local-target.ts';
import { shells } from '../../resources/shells.ts';

/** Issues for as many days as `days` says, after a challenge for each name; fails where there is a file `refusal`, and once for each `once-*`. */
const UACME = `
home= force= lead= hook=
echo "uacme $*" >>"$STAGE/log"
while getopts c:a:t:h:d:fy option; do
  case $option in c) home=$OPTARG ;; f) force=1 ;; d) lead=$OPTARG ;; h) hook=$OPTARG ;; esac
done
shift $((OPTIND - 1))
[ -f "$STAGE/refusal" ] && { cat "$STAGE/refusal" >&2; exit 2; }
for once in "$STAGE"/once-*; do
  [ -f "$once" ] && { cat "$once" >&2; rm "$once"; exit 2; }
done
[ "$1" = issue ] || exit 0
shift
certificate=$home/$1/cert.pem
[ -z "$force" ] && openssl x509 -noout -checkend $((lead * 86400)) -in "$certificate" >/dev/null && exit 1
mkdir -p "$home/$1" "$home/private/$1"
names=
for name in "$@"; do
  names=\${names:+$names,}DNS:$name
  "$hook" begin dns-01 "$name" token-$name answer && exit 2
  "$hook" begin http-01 "$name" token-$name answer.$name || exit 2
  cp "$STAGE/answers" "$STAGE/answers-$name"
  "$hook" done http-01 "$name" token-$name answer.$name || exit 2
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -days "$(cat "$STAGE/days")" \\
  -addext "subjectAltName=$names" -keyout "$home/private/$1/key.pem" -out "$certificate" 2>/dev/null
`;

/** The socket takes all and says nothing; a web server finds what haproxy was told, or says what \`web-ADDRESS\` says. */
const SOCAT = `
for address; do :; done
case $address in
  UNIX-CONNECT:*) echo "haproxy $(cat)" >>"$STAGE/log" ;;
  TCP:*)
    echo "$address" >>"$STAGE/log"
    at=\${address#TCP:}
    [ -f "$STAGE/web-\${at%:80,*}" ] && { cat "$STAGE/web-\${at%:80,*}"; exit 0; }
    read -r _ path _
    printf 'HTTP/1.1 200 OK\\r\\n\\r\\n%s' "$(sed -n "s|^\${path##*/} ||p" "$STAGE/answers")"
    ;;
esac
`;

const GETENT = `
for name; do :; done
case $name in
  app.test) echo '203.0.113.7 STREAM app.test'; echo '203.0.113.7 DGRAM'; echo '127.0.1.1 STREAM' ;;
  www.app.test) echo '2001:db8::7 STREAM' ;;
  *) exit 2 ;;
esac
`;

describe.each(shells().filter(([name]) => name !== 'busybox alone'))('acme-certificates in %s', (_, options) => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(at(name), 'utf8');
  const log = () => read('log').trimEnd().split('\n');

  function program(name: string, text: string): void {
    writeFileSync(at(name), text);
    chmodSync(at(name), 0o755);
  }

  function wish(...lines: string[]): void {
    writeFileSync(at('wishes'), ['# a comment', ...lines, ''].join('\n'));
  }

  /** A line for app.test, as the role writes it. */
  function line({ check = 'no', email = '-', names = 'app.test www.app.test', domain = 'app.test' } = {}): string {
    const user = process.getuid?.() ?? 0;
    return `${domain} ${at(`certs/${domain}.pem`)} ${user} 30 ${check} ${at('home')} https://ca.test/dir ${email} ${names}`;
  }

  async function run(...words: string[]) {
    writeFileSync(at('log'), '');
    const [shell = 'sh', ...rest] = options.shell ?? [];
    const env = { PATH: `${at('bin')}:/usr/sbin:/usr/bin:/sbin:/bin`, STAGE: folder };
    const command = [shell, ...rest, at('acme-certificates'), ...words].map((word) => `'${word}'`).join(' ');
    return runScript(raw(command), { env });
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'acme-command-'));
    for (const name of ['bin', 'certs', 'run']) mkdirSync(at(name));
    program('bin/uacme', `#!/bin/sh\n${UACME}`);
    program('bin/socat', `#!/bin/sh\n${SOCAT}`);
    program('bin/getent', `#!/bin/sh\n${GETENT}`);
    program('bin/sleep', '#!/bin/sh\n');
    writeFileSync(at('answers'), '# none\n');
    writeFileSync(at('days'), '90');
    const vars = {
      self: at('acme-certificates'),
      wishes: at('wishes'),
      answers: at('answers'),
      adminSocket: at('socket'),
      hostLock: at('run/host.lock'),
      runFolder: at('run'),
      reload: `[ -d "$RUN" ] && [ ! -f ${at('broken')} ] || { echo broken >&2; exit 1; }\necho reload >>${at('log')}\nexit 0`,
    };
    const template = readTemplate(join(import.meta.dirname, '../../../files/acme-certificates.sh.hbs'));
    program('acme-certificates', reveal(renderTemplate(template, vars) as Text));
    wish(line());
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const installed = (name = 'app.test') => new X509Certificate(read(`certs/${name}.pem`));

  it('issues, answers the challenges meanwhile, installs and has haproxy read it', async () => {
    wish(line({ email: 'ops@app.test' }), line({ domain: 'other.test', names: 'other.test' }));
    expect(await run('issue', 'app.test')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const uacme = `uacme -c ${at('home')} -a https://ca.test/dir`;
    expect(log()).toEqual([
      `${uacme} -t EC -y new ops@app.test`,
      `${uacme} -t EC -h ${at('acme-certificates')} -f issue app.test www.app.test`,
      `haproxy add map ${at('answers')} token-app.test answer.app.test`,
      `haproxy del map ${at('answers')} token-app.test`,
      `haproxy add map ${at('answers')} token-www.app.test answer.www.app.test`,
      `haproxy del map ${at('answers')} token-www.app.test`,
      'reload',
    ]);
    expect(read('answers-app.test')).toBe('# none\ntoken-app.test answer.app.test\n');
    expect(read('answers')).toBe('# none\n');
    expect(installed().subjectAltName).toBe('DNS:app.test, DNS:www.app.test');
    expect(read('certs/app.test.pem')).toBe(read('home/app.test/cert.pem') + read('home/private/app.test/key.pem'));
    expect(statSync(at('certs/app.test.pem')).mode & 0o777).toBe(0o600);
    expect(readdirSync(at('certs'))).toEqual(['app.test.pem']);
    expect(readdirSync(at('run'))).toEqual(['acme-certificates.lock']);
  });

  it('makes one account, and tells the authority of another address', async () => {
    await run('issue', 'app.test');
    expect(log()[0]).toMatch(/ -t EC -y new$/);
    await run('issue', 'app.test');
    expect(log()[0]).toMatch(/ -f issue app\.test www\.app\.test$/);
    wish(line({ email: 'new@app.test' }));
    await run('issue', 'app.test');
    expect(log()[0]).toMatch(/ update new@app\.test$/);
  });

  it('renews what is due, what was issued alone, and reloads once, under the lock of the host', async () => {
    wish(line(), line({ domain: 'b.test', names: 'b.test' }), line({ domain: 'never.test', names: 'never.test' }));
    await run('issue', 'app.test');
    await run('issue', 'b.test');
    const [first, second] = [read('certs/app.test.pem'), read('certs/b.test.pem')];
    expect(await run('renew')).toMatchObject({ code: 0, stderr: '' });
    expect(log().filter((entry) => !entry.startsWith('uacme'))).toEqual([]);
    expect(log()).toHaveLength(2);

    writeFileSync(at('days'), '20');
    await run('issue', 'app.test');
    await run('issue', 'b.test');
    // Never more than a third of its time: of twenty days, seven.
    await run('renew');
    expect(log().map((entry) => / -d (\d+) issue (\S+)/.exec(entry)?.slice(1))).toEqual([
      ['7', 'app.test'],
      ['7', 'b.test'],
    ]);
    writeFileSync(at('days'), '90');
    execFileSync('sed', ['-i', 's/lead \\* 86400/99 * 86400/', at('bin/uacme')]);
    expect(await run('renew')).toMatchObject({ code: 0, stderr: '' });
    expect(log().filter((entry) => entry === 'reload')).toHaveLength(1);
    expect(read('certs/app.test.pem')).not.toBe(first);
    expect(read('certs/b.test.pem')).not.toBe(second);
    expect(read('run/host.lock.holder')).toMatch(/^acme-certificates \d+\nthe renewal of certificates\n\d{4}-.*Z\n$/);
    expect(readdirSync(at('home'))).not.toContain('never.test');
  });

  it('goes on after one that fails, and fails in the end', async () => {
    wish(line(), line({ domain: 'b.test', names: 'b.test' }));
    await run('issue', 'app.test');
    await run('issue', 'b.test');
    writeFileSync(at('home/private/app.test/key.pem'), read('home/private/b.test/key.pem'));
    const before = read('certs/app.test.pem');
    writeFileSync(at('certs/b.test.pem'), '');
    expect(await run('renew')).toMatchObject({
      code: 1,
      stderr: `${at('home/private/app.test/key.pem')} is not the key of ${at('home/app.test/cert.pem')}\n`,
    });
    expect(read('certs/app.test.pem')).toBe(before);
    expect(installed('b.test').subjectAltName).toBe('DNS:b.test');
    expect(log().at(-1)).toBe('reload');
  });

  it('reloads the next time where a reload has failed', async () => {
    writeFileSync(at('broken'), '');
    expect(await run('issue', 'app.test')).toMatchObject({ code: 1, stderr: 'broken\n' });
    rmSync(at('broken'));
    expect(await run('renew')).toMatchObject({ code: 0 });
    expect(log().at(-1)).toBe('reload');
    await run('renew');
    expect(log()).not.toContain('reload');
  });

  it('installs what was issued, without asking anyone', async () => {
    await run('issue', 'app.test');
    writeFileSync(at('certs/app.test.pem'), 'another');
    expect(await run('install', 'app.test')).toMatchObject({ code: 0 });
    expect(log()).toEqual(['reload']);
    expect(installed().subjectAltName).toBe('DNS:app.test, DNS:www.app.test');
  });

  it.each([
    ['goes on asking', 2, 0],
    ['gives up at last', 9, 1],
  ])('%s where the authority finds a nonce too old, %i times', async (_, times, code) => {
    wish(line());
    const problem = '{ "type": "urn:ietf:params:acme:error:badNonce", "detail": "too old" }\n';
    for (let i = 0; i < times; i += 1) writeFileSync(at(`once-${i}`), problem);
    const result = await run('issue', 'app.test');
    expect([result.code, result.stderr.includes('badNonce')]).toEqual([code, code === 1]);
    expect(log().filter((entry) => entry.startsWith('uacme'))).toHaveLength(code === 1 ? 3 : 4);
  });

  it('asks once where the authority refuses for another reason', async () => {
    wish(line());
    writeFileSync(at('once-1'), '{ "type": "urn:ietf:params:acme:error:rateLimited" }\n');
    expect((await run('issue', 'app.test')).stderr).toContain('rateLimited');
    expect(log()).toHaveLength(1);
  });

  it('keeps what it has where the authority refuses', async () => {
    await run('issue', 'app.test');
    const before = read('certs/app.test.pem');
    writeFileSync(at('refusal'), 'no\n');
    expect(await run('issue', 'app.test')).toMatchObject({ code: 1, stderr: 'no\n' });
    expect(read('certs/app.test.pem')).toBe(before);
    expect(log()).not.toContain('reload');
  });

  describe('before it asks the authority', () => {
    beforeEach(() => wish(line({ check: 'yes' })));
    const asked = () => log().some((entry) => entry.startsWith('uacme'));

    it('asks itself for every name, at every address', async () => {
      expect(await run('issue', 'app.test')).toMatchObject({ code: 0, stderr: '' });
      expect(log().filter((entry) => entry.startsWith('TCP'))).toEqual([
        'TCP:203.0.113.7:80,connect-timeout=10',
        'TCP:[2001:db8::7]:80,connect-timeout=10',
      ]);
      expect(asked()).toBe(true);
      expect(read('answers')).toBe('# none\n');
    });

    it('finds a name that has no address', async () => {
      wish(line({ check: 'yes', names: 'app.test nowhere.test' }));
      expect(await run('issue', 'app.test')).toMatchObject({
        code: 1,
        stderr: 'unresolved: nowhere.test has no address that this host can find out\n',
      });
      expect(asked()).toBe(false);
    });

    it.each([
      ['HTTP/1.1 404 Not Found\r\nX: y\r\n\r\n', 'another server answers: HTTP/1.1 404 Not Found'],
      ['HTTP/1.1 200 OK\r\n\r\nnot it', 'another server answers: HTTP/1.1 200 OK'],
      [
        '2026/11/21 11:09:15 socat[77] E connect(): Connection refused',
        'nothing answers on port 80: connect(): Connection refused',
      ],
      ['', 'nothing answers on port 80: '],
    ])('finds where %j answers', async (answer, says) => {
      writeFileSync(at('web-203.0.113.7'), answer);
      expect(await run('issue', 'app.test')).toMatchObject({
        code: 1,
        stderr: `unreachable: app.test leads to 203.0.113.7, where ${says}\n`,
      });
      expect(asked()).toBe(false);
      expect(read('answers')).toBe('# none\n');
    });

    it('leaves to the authority where another server leads elsewhere', async () => {
      writeFileSync(at('web-203.0.113.7'), 'HTTP/1.1 301 Moved\r\nLocation: https://app.test/\r\n\r\n');
      expect(await run('issue', 'app.test')).toMatchObject({ code: 0 });
      expect(asked()).toBe(true);
    });
  });

  it.each([
    [['begin', 'dns-01', 'app.test', 'token', 'answer'], ''],
    [['begin', 'http-01', 'app.test', 'to;ken', 'answer'], ''],
    [['begin', 'http-01', 'app.test', 'token', 'a b'], ''],
    [['issue', 'unknown.test'], 'there is no unknown.test in '],
    [[], 'usage: acme-certificates renew | issue DOMAIN | install DOMAIN\n'],
  ])('refuses %j', async (words, says) => {
    const { code, stderr } = await run(...words);
    expect(code).toBe(1);
    expect(stderr).toContain(says);
    expect(read('answers')).toBe('# none\n');
    expect(log()).toEqual(['']);
  });
});
