import { describe, expect, it } from 'vitest';
import { DATABASE_USER, LOGIN, type Notation, PERSON, ROUTE, SERVER } from '../../src/wizard/notations.ts';

describe('notations', () => {
  it.each<[Notation, string, Record<string, string>]>([
    [SERVER, '203.0.113.10', { name: '', user: '', address: '203.0.113.10', port: '' }],
    [
      SERVER,
      'web1=root@app.example.com:2222',
      { name: 'web1', user: 'root', address: 'app.example.com', port: '2222' },
    ],
    [SERVER, 'root@[2001:db8::1]', { name: '', user: 'root', address: '2001:db8::1', port: '' }],
    [SERVER, 'db=[2001:db8::1]:2222', { name: 'db', user: '', address: '2001:db8::1', port: '2222' }],
    [PERSON, 'alice=~/.ssh/id.pub', { name: 'alice', key: '~/.ssh/id.pub' }],
    [DATABASE_USER, 'app:owner', { name: 'app', access: 'owner', password: '' }],
    [DATABASE_USER, 'bi:read-only=env:BI', { name: 'bi', access: 'read-only', password: 'env:BI' }],
    [LOGIN, '/admin:developer', { path: '/admin', user: 'developer', password: '' }],
    [LOGIN, '/a:b=file:x=y', { path: '/a', user: 'b', password: 'file:x=y' }],
    [ROUTE, '/', { host: '', path: '/', service: '' }],
    [ROUTE, 'api.example.com/v1=api', { host: 'api.example.com', path: '/v1', service: 'api' }],
  ])('%# %s', (notation, text, parts) => {
    expect(notation.parse(text)).toMatchObject(parts);
    expect(notation.format(parts)).toBe(text);
  });

  it.each<[Notation, string]>([
    [SERVER, 'a b'],
    [SERVER, 'a@b@c'],
    [SERVER, 'host:port'],
    [SERVER, '2001:db8::1'],
    [PERSON, 'alice'],
    [DATABASE_USER, 'app'],
    [LOGIN, 'admin:developer'],
    [LOGIN, '/admin'],
    [ROUTE, 'api'],
  ])('%# refuses %s', (notation, text) => {
    expect(notation.parse(text)).toBeUndefined();
  });
});
