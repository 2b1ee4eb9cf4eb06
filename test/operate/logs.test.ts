import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { HostTask } from '../../src/engine/host-run.ts';
import { ProvisionError } from '../../src/errors.ts';
import type { MissingContainers } from '../../src/operate/log-sources.ts';
import { tellLogs } from '../../src/operate/logs.ts';
import type { LogsOptions, ToldLine } from '../../src/operate/open-logs.ts';
import { composeService } from '../../src/resources/compose/service.ts';
import { Secret } from '../../src/shell/secret.ts';
import { scriptText } from '../../src/shell/sh.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import type { Connection } from '../../src/transport/types.ts';
import { NEVER, NO_FACTS, taskOf } from './machine.ts';

const SLOTS = ['app-1', 'app-2'].map((name) => ({ name, container: `shop-${name}`, definition: 'x' }));
const APP = composeService({ project: 'shop', directory: '/opt/shop', service: 'app', image: 'a', slots: SLOTS });

/** A host with these containers, and what each logs. Lines stand at the second of their number. */
function logHost(name: string, logs: () => Record<string, () => Readable>, resources = [APP]) {
  const connection: Connection = {
    ...fakeConnection((script) => {
      const mark = /printf '\\n%s %s %s\\n' (\w+) "\$1"/.exec(script)?.[1];
      const listed = Object.keys(logs()).map(
        (id) => `container ${id} shop ${id.slice(0, 5)} shop-${id.slice(0, 5)} Up`,
      );
      // One look with the facts and more: the containers are the third section.
      const sections = ['os=debian', '', listed.join('\n')];
      if (mark === undefined) return { stdout: `${listed.join('\n')}\n` };
      return { stdout: sections.map((text, i) => `${text}\n\n${mark} ${i + 1} 0\n`).join('') };
    }, name),
    async stream(script) {
      const id = /(\S+) 2>&1/.exec(scriptText(script))?.[1] ?? '';
      return (logs()[id] as () => Readable)() as PassThrough;
    },
  };
  return taskOf(name, async () => connection, resources);
}

function lines(...numbers: number[]): () => Readable {
  return () => Readable.from(numbers.map((n) => Buffer.from(`2026-11-21T08:00:0${n}.000000000Z line ${n}\n`)));
}

function listener(but: Partial<LogsOptions> = {}) {
  const told: ToldLine[] = [];
  const errors: ProvisionError[] = [];
  const options: LogsOptions = {
    words: [],
    query: { follow: false, tail: 100, sinceS: undefined },
    forks: 10,
    facts: NO_FACTS,
    stop: NEVER,
    onOpened: () => undefined,
    onSources: () => undefined,
    onMissing: () => undefined,
    onLines: async (some) => void told.push(...some),
    onError: (error) => void errors.push(error),
    ...but,
  };
  return { told, errors, options };
}

describe('tellLogs', () => {
  it('tells the lines of all hosts in the order of their times, secrets masked', async () => {
    Secret.named('word', 'line 3');
    const hosts = [
      logHost('web1', () => ({ 'app-1': lines(1, 4), 'app-2': lines(2, 3) })),
      logHost('web2', () => ({ 'app-1': lines(0, 5) })),
    ];
    const { told, errors, options } = listener();
    await tellLogs(hosts, options);
    expect(told.map(({ host, name, text }) => `${host}/${name} ${text}`)).toEqual([
      'web2/app-1 line 0',
      'web1/app-1 line 1',
      'web1/app-2 line 2',
      'web1/app-2 <secret>',
      'web1/app-1 line 4',
      'web2/app-1 line 5',
    ]);
    expect(errors).toEqual([]);
  });

  it('goes on without a host that cannot be reached, and without a log that breaks off', async () => {
    const lost = taskOf('web2', () => Promise.reject(new Error('no route')), [APP]);
    const broken = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('2026-11-21T08:00:01Z one\n');
          throw new Error('gone');
        })(),
      );
    const { told, errors, options } = listener();
    await tellLogs([logHost('web1', () => ({ 'app-1': broken, 'app-2': lines(2) })), lost], options);
    expect(told.map(({ text }) => text)).toEqual(['one', 'line 2']);
    expect(errors.map(({ host, message }) => `${host} ${message}`).sort()).toEqual(['web1 gone', 'web2 no route']);
  });

  it('tells which hosts are waited for no longer, whether they could be reached or not', async () => {
    const opened: string[] = [];
    const lost = taskOf('web2', () => Promise.reject(new Error('no route')), [APP]);
    const { options } = listener({ onOpened: (host) => void opened.push(host) });
    await tellLogs([logHost('web1', () => ({ 'app-1': lines(1) })), lost], options);
    expect(opened.sort()).toEqual(['web1', 'web2']);
  });

  it.each([{ follow: false }, { follow: true }])(
    'tells which hosts have no containers: $follow',
    async ({ follow }) => {
      const stop = new AbortController();
      const found: MissingContainers[] = [];
      const onMissing: LogsOptions['onMissing'] = (missing) => {
        found.push(...missing);
        if (follow) stop.abort();
      };
      const query = { follow, tail: 10, sinceS: undefined };
      const { options } = listener({ query, stop: stop.signal, onMissing });
      const bare = logHost('web2', () => ({}));
      await tellLogs([logHost('web1', () => ({ 'app-1': lines(1) })), bare, logHost('lb1', () => ({}), [])], options);
      expect(found).toEqual([{ host: 'web2', wanted: ['shop/app'] }]);
    },
  );

  it('tells of hosts without services where there are no others', async () => {
    const onMissing = vi.fn();
    await tellLogs([logHost('lb1', () => ({}), [])], listener({ onMissing }).options);
    expect(onMissing).toHaveBeenCalledExactlyOnceWith([{ host: 'lb1', wanted: [] }]);
  });

  it('opens no more hosts at a time than forks', async () => {
    let dialling = 0;
    let most = 0;
    const hosts = Array.from({ length: 7 }, (_, i) => {
      const host = logHost(`web${i}`, () => ({ 'app-1': lines(i) }));
      return {
        ...host,
        async connect() {
          most = Math.max(most, ++dialling);
          await sleep(20);
          dialling -= 1;
          return host.connect();
        },
      };
    });
    const { told, options } = listener({ forks: 2 });
    await tellLogs(hosts, options);
    expect([most, told.length]).toEqual([2, 7]);
  });

  it('touches no host where a word means nothing', async () => {
    const untouched = taskOf('web1', () => expect.fail('it was dialled'), [APP]);
    const { options } = listener({ words: ['appp'] });
    await expect(tellLogs([untouched], options)).rejects.toMatchObject({ code: 'usage' });
  });

  it('follows: new containers are found, and the end comes when it is wanted', async () => {
    const stop = new AbortController();
    const live = new PassThrough();
    const logs: Record<string, () => Readable> = { 'app-1': () => live };
    const { told, options } = listener({
      query: { follow: true, tail: 10, sinceS: undefined },
      stop: stop.signal,
    });
    const following = tellLogs([logHost('web1', () => logs)], options);
    live.write('2026-11-21T08:00:01Z first\n');
    await sleep(1_500);
    expect(told.map(({ text }) => text)).toEqual(['first']);
    logs['app-2'] = () => new PassThrough().on('newListener', () => undefined);
    const second = new PassThrough();
    logs['app-2'] = () => second;
    second.write('2026-11-21T08:00:03Z third\n');
    live.write('2026-11-21T08:00:02Z second\n');
    await sleep(2_500);
    expect(told.map(({ name, text }) => `${name} ${text}`)).toEqual(['app-1 first', 'app-1 second', 'app-2 third']);
    stop.abort();
    await following;
    expect([live.destroyed, second.destroyed]).toEqual([true, true]);
  });

  it('follows: a host that is lost is dialled again and again, and told of once', async () => {
    const stop = new AbortController();
    let logins = 0;
    const web1 = logHost('web1', () => ({ 'app-1': lines(1) }));
    const host: HostTask = {
      ...web1,
      async connect() {
        logins += 1;
        if (logins > 1) throw new ProvisionError('unreachable', 'it refuses connections');
        const connection = await web1.connect();
        let looks = 0;
        return {
          ...connection,
          async run(...asked) {
            looks += 1;
            if (looks > 1) throw new ProvisionError('connection-lost', 'it is gone');
            return connection.run(...asked);
          },
        };
      },
    };
    const query = { follow: true, tail: 10, sinceS: undefined };
    const { errors, options } = listener({ query, stop: stop.signal });
    const following = tellLogs([host], options);
    await vi.waitUntil(() => logins === 3, { timeout: 9_000 });
    stop.abort();
    await following;
    expect(errors.map(({ message }) => message)).toEqual(['it is gone', 'it refuses connections']);
  });
});
