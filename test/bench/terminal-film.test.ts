import { describe, expect, it } from 'vitest';
import { spans, terminalFilm } from '../../bench/terminal-film.ts';

describe('spans', () => {
  it.each([
    { line: 'plain', is: [{ text: 'plain' }] },
    { line: '\x1b[32m+\x1b[39m file', is: [{ text: '+', colour: '#98c379' }, { text: ' file' }] },
    { line: '\x1b[1;31mbad\x1b[0m', is: [{ text: 'bad', bold: true, colour: '#e06c75' }] },
    {
      line: '\x1b[2mdim\x1b[22m not',
      is: [
        { text: 'dim', dim: true },
        { text: ' not', dim: false, bold: false },
      ],
    },
  ])('of $line', ({ line, is }) => {
    expect(spans(line)).toEqual(is);
  });
});

describe('terminalFilm', () => {
  const film = terminalFilm(
    [
      { lines: ['$ provision <now>'], durationMs: 1000 },
      { lines: ['$ provision <now>'], durationMs: 1000 },
      { lines: ['$ provision <now>', '', 'done & well'], durationMs: 2000 },
    ],
    { title: 'a run & its end', columns: 80, rows: 24 },
  );

  it('shows each line where it stood, and writes it once', () => {
    expect(film.match(/provision &lt;now&gt;/g)).toHaveLength(1);
    expect(film.match(/href="#l0"/g)).toHaveLength(2);
    expect(film).toContain('done &amp; well');
  });

  it('has a title, for readers who do not see it', () => {
    expect(film).toContain('<title>a run &amp; its end</title>');
  });

  it('takes as long as its frames; scenes alike are one', () => {
    expect(film).toContain('film 4.0s');
    expect(film.match(/\d%\{/g)).toHaveLength(2);
    expect(film).toContain('50.000%{transform:translateY(-460px)}');
  });
});
