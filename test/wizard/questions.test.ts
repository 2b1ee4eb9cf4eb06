import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerProblem, type Check, createCheck } from '../../src/wizard/checks.ts';
import { TOPICS } from '../../src/wizard/question.ts';
import { QUESTIONS, questionOf } from '../../src/wizard/questions.ts';
import { createView } from '../../src/wizard/view.ts';
import { folderWith, KEY } from './setting.ts';

let folder: string;
let check: Check;

beforeAll(async () => {
  folder = folderWith({ 'app/Dockerfile': 'FROM scratch\nEXPOSE 5000\n' });
  check = await createCheck(folder);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('the table of questions', () => {
  it('has each id and flag once', () => {
    for (const key of ['id', 'flag'] as const) {
      const all = QUESTIONS.map((question) => question[key]);
      expect(all).toEqual([...new Set(all)]);
    }
  });

  it('asks the topics in their order, each in one go', () => {
    const topics = QUESTIONS.map(({ topic }) => topic).filter((topic, at, all) => topic !== all[at - 1]);
    expect(topics).toEqual(Object.keys(TOPICS));
  });

  it('refers to variables that roles read', () => {
    const view = createView({}, { folder });
    const fields = QUESTIONS.flatMap((question) => [question, ...('fields' in question ? question.fields : [])]);
    // No schema takes this: where it passes, the path leads nowhere.
    const free = fields.filter(
      (field) => field.at && check({ prompt: '', at: field.at }, '\u0001', view) === undefined,
    );
    const anyText = ['stack.services.app.health.body', 'stack.services.app.drain.body'];
    expect(free.map(({ at }) => at?.join('.'))).toEqual(anyText);
  });

  it('has prompts that fit a terminal', () => {
    expect(QUESTIONS.filter(({ prompt }) => prompt.length > 78).map(({ prompt }) => prompt)).toEqual([]);
  });

  it('has defaults that it accepts itself, wherever it has any', () => {
    const view = createView({ servers: ['web1=root@203.0.113.10'], redis: 'yes', database: 'mysql' }, { folder });
    const wrong = QUESTIONS.filter(({ id }) => !['image', 'certificate', 'certificateKey'].includes(id))
      .filter((question) => question.when?.(view) ?? true)
      .map((question) => [question.id, answerProblem(question, view, check)])
      .filter(([, problem]) => problem !== undefined);
    expect(wrong).toEqual([]);
  });
});

describe('the domain that is offered', () => {
  const sshHosts = new Map([
    ['shop', { user: 'root', hostname: 'shop.example.com' }],
    ['vm', { user: 'root', hostname: '203.0.113.11' }],
    ['box', { user: undefined, hostname: undefined }],
  ]);

  it.each([
    ['app.example.com', 'app.example.com'],
    ['203.0.113.10', '203.0.113.10'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['shop', 'shop.example.com'],
    ['vm', '203.0.113.11'],
    ['box', ''],
    ['web1', ''],
  ])('of the host %s is %j', (server, domain) => {
    expect(createView({ servers: [server] }, { folder, sshHosts }).one('domain')).toBe(domain);
  });
});

describe('checks', () => {
  it.each<[string, object, RegExp | undefined]>([
    ['a domain', { domain: 'shop.example.com' }, undefined],
    ['a wildcard', { domain: '*.example.com' }, /address or a wildcard/],
    ['an address besides', { domain: 'shop.example.com', altNames: ['2001:db8::1'] }, /address or a wildcard/],
    ['several hosts', { domain: 'shop.example.com', servers: ['a=203.0.113.10', 'b=203.0.113.11'] }, /several hosts/],
  ])("Let's Encrypt with %s", (_, answers, problem) => {
    const view = createView({ servers: ['web1=203.0.113.10'], tls: 'acme', ...answers }, { folder });
    const told = answerProblem(questionOf('tls'), view, check);
    if (problem === undefined) expect(told).toBeUndefined();
    else expect(told).toMatch(problem);
  });

  it.each([
    ['acmeTerms', 'no', /must be yes/],
    ['acmeEmail', 'nobody', /email address/],
  ])("Let's Encrypt with %s %s", (id, answer, problem) => {
    const view = createView({ servers: ['web1=203.0.113.10'], tls: 'acme', [id]: answer }, { folder });
    expect(answerProblem(questionOf(id), view, check)).toMatch(problem);
  });

  it.each([
    ['203.0.113.10'],
    ['deploy@web1.example.com:2222'],
    ['shop=alice.b@shop_alias'],
    ['[2001:db8::1]:2222'],
    ['EXAMPLE\\alice@10.0.0.1'],
    ['10web'],
    ['münchen.example'],
  ])('take the host %s', (server) => {
    const view = createView({ servers: [server] }, { folder });
    expect(answerProblem(questionOf('servers'), view, check)).toBeUndefined();
  });

  it.each([
    ['172.17.0.5:22', /without a port/],
    ['root@172.17.0.5', /without a user/],
    ['fe80::1%eth0', /must be an IPv6 address/],
    ['[2001:db8::1]', /must be an IPv6 address/],
  ])('refuse the address %s as it is typed', (text, problem) => {
    const servers = questionOf('servers');
    const [address] = servers.kind === 'list' ? (servers.fields ?? []) : [];
    expect(check(address ?? expect.fail(), text, createView({}, { folder }))).toMatch(problem);
  });

  it.each<[string, string | string[], RegExp]>([
    ['servers', [], /must be given/],
    ['servers', ['a@b@c'], /\[NAME=\]\[USER@\]ADDRESS\[:PORT\]/],
    ['servers', ['web1=-oProxyCommand'], /one word that does not start with -/],
    ['servers', ['a=x:99999'], /99999: /],
    ['servers', ['300.1.2.3'], /300\.1\.2\.3: must be four numbers from 0 to 255/],
    ['servers', ['203.0.113'], /must be four numbers/],
    ['servers', ['root@[2001:db8:::1]'], /must be an IPv6 address/],
    ['servers', ['a/b'], /must be an address or a name/],
    ['servers', ['ro:ot@203.0.113.10'], /ro:ot: must be the name of a user alone/],
    ['servers', ['172.17.0.5:99999@203.0.113.10'], /must be the name of a user alone/],
    ['servers', ['172.17.0.5:99999'], /99999: .*65535/],
    ['servers', ['a=x', 'a=y'], /there is a host a already/],
    ['admins', [`Alice=${KEY}`], /start with a letter/],
    ['packages', ['a;b'], /name of a package/],
    ['appFrom', 'none', /leaves nothing to set up: .*--admin/],
    ['port', '70000', /65535/],
    ['port', 'http', /expected a number/],
    ['replicas', '0', /1/],
    ['healthPath', 'status', /starts with \//],
    ['migrate', "sh -c 'x", /quote that is not closed/],
    ['app', 'nowhere', /there is no folder nowhere/],
    ['database', 'oracle', /one of postgres, mariadb, mysql, none/],
    ['databaseUsers', ['app:owner', 'b:owner'], /exactly one user/],
    ['databaseUsers', ['app:read-only'], /exactly one user/],
    ['databaseUsers', ['root:owner'], /name of the server itself/],
    ['databaseUsers', ['app:owner=hunter2'], /must be generate, env:NAME/],
    ['domain', 'a b', /host name or an IP address/],
    ['domain', 'API_KEY', /^must be a host name, which has no underscore$/],
    ['altNames', ['my_shop.example.com'], /no underscore/],
    ['denied', ['internal'], /begin with a slash/],
    ['logins', ['/admin:a b'], /letters, digits/],
    ['registryMirrors', ['mirror.example.com'], /URL/],
    ['redisVariable', 'A B', /environment variable/],
    ['environment', ['A=x{{y'], /^value: is read as a reference: \{\{ is not closed/],
    ['environment', ['A={% if x %}'], /^value: is read as a reference/],
    ['migrate', 'echo {{', /is read as a reference/],
  ])('%s %j', (id, answer, problem) => {
    const base = { servers: ['web1=203.0.113.10'], database: 'postgres', redis: 'yes' };
    const view = createView({ ...base, [id]: answer }, { folder });
    expect(answerProblem(questionOf(id), view, check)).toMatch(problem);
  });
});
