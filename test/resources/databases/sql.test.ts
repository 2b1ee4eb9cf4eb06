import { describe, expect, it } from 'vitest';
import { joinSql, type Sql, sqlDialect } from '../../../src/resources/databases/sql.ts';
import { mask, reveal, Secret } from '../../../src/shell/secret.ts';

const postgres = sqlDialect({ nameQuote: '"', backslashEscapes: false });
const mysql = sqlDialect({ nameQuote: '`', backslashEscapes: true });
const both = (build: (dialect: typeof postgres) => Sql) => [postgres, mysql].map((dialect) => build(dialect).sql);

describe('sql', () => {
  it.each([
    ['it', `'it'`, `'it'`],
    [`it's`, `'it''s'`, `'it''s'`],
    [`'; DROP TABLE t; --`, `'''; DROP TABLE t; --'`, `'''; DROP TABLE t; --'`],
    ['a\\', `'a\\'`, `'a\\\\'`],
    [`\\'`, `'\\'''`, `'\\\\'''`],
  ])('quotes the text %j', (text, inPostgres, inMysql) => {
    expect(both(({ query }) => query`${text}`)).toEqual([inPostgres, inMysql]);
  });

  it.each([
    [['app'], '"app"', '`app`'],
    [['public', 'a b'], '"public"."a b"', '`public`.`a b`'],
    [['"`'], '"""`"', '`"```'],
  ])('quotes the name %j', (parts, inPostgres, inMysql) => {
    expect(both(({ name }) => name(...parts))).toEqual([inPostgres, inMysql]);
  });

  it('lists texts, inserts SQL and numbers as they are, and keeps backslashes of its own', () => {
    const { query, name } = postgres;
    expect(query`SELECT ${1} FROM ${name('t')} WHERE x IN (${['a', "b'"]}) \gexec`.sql).toBe(
      `SELECT 1 FROM "t" WHERE x IN ('a', 'b''') \\gexec`,
    );
  });

  it('keeps secrets secret, and quotes them', () => {
    const { sql } = joinSql([postgres.query`PASSWORD ${Secret.named('p', "x'y")}`, postgres.query`;`]);
    expect([mask(sql), reveal(sql)]).toEqual([`PASSWORD '<secret>'\n;`, `PASSWORD 'x''y'\n;`]);
  });
});
