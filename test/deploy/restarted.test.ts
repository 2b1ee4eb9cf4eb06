import { expect, it } from 'vitest';
import { steadyConnection } from '../../src/deploy/deploy-host.ts';
import { newSteps } from '../../src/deploy/steps.ts';
import { ProvisionError } from '../../src/errors.ts';
import { sh } from '../../src/shell/sh.ts';
import { fakeConnection } from '../../src/transport/fake.ts';
import { deployHost } from './deploy-host.ts';

const NEVER = new AbortController().signal;

it('a connection that was dialled again tells of the start that it found', async () => {
  let dialled = 0;
  const told: string[] = [];
  const connection = await steadyConnection(
    async () => {
      dialled += 1;
      const start = dialled;
      const answer = () => {
        if (start === 1) throw new ProvisionError('connection-lost', 'the host closed the connection');
        return {};
      };
      return Object.assign(fakeConnection(answer), { startOfHost: `start ${start}` });
    },
    { lock: '', onLost: () => told.push('lost'), onBack: () => told.push('back'), stop: NEVER },
  );
  expect(connection.startOfHost).toBe('start 1');
  await connection.run(sh`true`);
  expect(connection.startOfHost).toBe('start 2');
  expect(told).toEqual(['lost', 'back']);
});

it.each<[string, string, ProvisionError, string]>([
  [
    'a step during which the host was started again is told as that',
    'second',
    new ProvisionError('apply-failed', 'the container of app-1 could not be started'),
    'web1 was restarted meanwhile: the container of app-1 could not be started',
  ],
  [
    'a host that was not started again has no part in it',
    'first',
    new ProvisionError('apply-failed', 'the container of app-1 could not be started'),
    'the container of app-1 could not be started',
  ],
  [
    'a connection that is lost for good is told as that',
    'second',
    new ProvisionError('connection-lost', 'the connection was lost'),
    'the connection was lost',
  ],
])('%s', async (_, start, error, message) => {
  const host = deployHost('web1');
  Object.assign(host.connection, { startOfHost: 'first' });
  const steps = newSteps({ role: 'redeploy', emit: () => {}, stop: NEVER, abort: NEVER });
  const failed = steps.run(host, 'app-1: start release 2', async () => {
    Object.assign(host.connection, { startOfHost: start });
    throw error;
  });
  await expect(failed).rejects.toMatchObject({
    code: error.code,
    message,
    host: 'web1',
    task: 'app-1: start release 2',
  });
});
