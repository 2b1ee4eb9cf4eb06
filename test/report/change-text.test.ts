import { describe, expect, it } from 'vitest';
import { actionOf, describeChanges } from '../../src/report/change-text.ts';
import type { Change } from '../../src/resources/contract.ts';

describe('changes in words', () => {
  it.each<{ changes: Change[]; action: Change['action']; words: string[] }>([
    { changes: [{ action: 'create', what: '' }], action: 'create', words: [] },
    { changes: [{ action: 'create', what: '', to: 'gid 7' }], action: 'create', words: ['gid 7'] },
    { changes: [{ action: 'create', what: '', text: { before: '', after: '' } }], action: 'create', words: [] },
    { changes: [{ action: 'delete', what: '' }], action: 'delete', words: [] },
    { changes: [{ action: 'run', what: '' }], action: 'run', words: [] },
    { changes: [{ action: 'run', what: 'daemon-reload' }], action: 'run', words: ['daemon-reload'] },
    {
      changes: [{ action: 'update', what: 'mode', from: '0600', to: '0644' }],
      action: 'update',
      words: ['mode 0600 -> 0644'],
    },
    { changes: [{ action: 'update', what: 'gid', to: '7' }], action: 'update', words: ['gid -> 7'] },
    {
      changes: [{ action: 'update', what: 'expires', from: '2030' }],
      action: 'update',
      words: ['expires 2030 -> none'],
    },
    { changes: [{ action: 'update', what: 'password' }], action: 'update', words: ['password'] },
    {
      changes: [
        { action: 'create', what: 'group docker' },
        { action: 'delete', what: 'group wheel' },
      ],
      action: 'update',
      words: ['+ group docker', '- group wheel'],
    },
    {
      changes: [
        { action: 'create', what: '' },
        { action: 'create', what: 'shell', to: '/bin/bash' },
      ],
      action: 'create',
      words: ['shell /bin/bash'],
    },
    {
      changes: [
        { action: 'update', what: 'mode', from: '0600', to: '0644' },
        { action: 'conflict', what: 'is a directory' },
      ],
      action: 'conflict',
      words: ['mode 0600 -> 0644', 'is a directory'],
    },
    {
      changes: [{ action: 'update', what: 'content', text: { before: 'a\nb\n', after: 'a\nc\nd\n' } }],
      action: 'update',
      words: ['content +2 -1'],
    },
    {
      changes: [{ action: 'create', what: '', text: { before: '', after: 'a\nb\n' } }],
      action: 'create',
      words: ['+2'],
    },
    {
      changes: [{ action: 'update', what: 'content', text: { before: '<secret>\n', after: '<secret>\n' } }],
      action: 'update',
      words: ['content differs in a secret'],
    },
    {
      changes: [{ action: 'update', what: 'comment', from: 'a\u001b[2J', to: 'b\nc' }],
      action: 'update',
      words: ['comment a\\x1b[2J -> b\\nc'],
    },
  ])('$words', ({ changes, action, words }) => {
    expect(actionOf(changes)).toBe(action);
    expect(describeChanges(changes)).toEqual(words);
  });

  it('shortens what is long', () => {
    const [words] = describeChanges([{ action: 'update', what: 'key', to: 'A'.repeat(500) }]);
    expect(words).toBe(`key -> ${'A'.repeat(199)}…`);
  });
});
