import { expect, it } from 'vitest';
import { nextLines, siteLines } from '../../src/cli/site-lines.ts';
import type { Answers } from '../../src/wizard/question.ts';

const SITE: Answers = {
  appFrom: 'image',
  servers: ['web1=root@203.0.113.10'],
  domain: 'shop.example.com',
  tls: 'files',
  routes: ['/shop', '/'],
};

const PAGE = 'https://shop.example.com/shop';

it.each<[string, Answers, string | undefined, string[]]>([
  ['answers', {}, undefined, [`The site answers at ${PAGE}`]],
  ['answers badly', {}, 'status 400', [`The site answers at ${PAGE}, with status 400`]],
  [
    'is not found',
    {},
    'name not found',
    [
      `The site is up for ${PAGE}, and does not answer from here: name not found`,
      'Let the name shop.example.com lead to 203.0.113.10 in your DNS.',
    ],
  ],
  [
    'is out of reach',
    { domain: '2001:db8::1', tls: 'none' },
    'no connection',
    ['The site is up for http://[2001:db8::1]/shop, and does not answer from here: no connection'],
  ],
])('tells of a site that %s', async (_name, answers, reason, lines) => {
  const asked: string[] = [];
  const ask = async (url: string) => {
    asked.push(url);
    return reason;
  };
  expect(await siteLines({ ...SITE, ...answers }, ask)).toEqual([...lines, '']);
  expect(asked).toHaveLength(1);
});

it('asks nobody where there is no application', async () => {
  expect(await siteLines({ appFrom: 'none' }, () => Promise.reject(new Error('asked')))).toEqual([]);
});

it('how it goes on is told, and whether it is done', () => {
  expect(nextLines(0, 'provision')).toEqual(['From now on, without questions:', '  provision']);
  expect(nextLines(130, 'provision')).toEqual(['It is not all done yet. Go on, when you are ready:', '  provision']);
});
