/** SQL in which every value is quoted by construction, as `sh` does it for the shell. */
import { Secret, type Text } from '../../shell/secret.ts';

/** SQL text; passwords in it stay secret. */
export interface Sql {
  readonly sql: Text;
}

/** A text or secret becomes a literal, a list becomes literals with commas between, other SQL is inserted as it is. */
export type SqlValue = Text | number | readonly string[] | Sql;

/** How one engine quotes. */
export interface Quoting {
  /** What encloses a name: a table's, a role's. Doubled within it. */
  readonly nameQuote: '"' | '`';
  /** Whether a backslash in a literal escapes what follows. */
  readonly backslashEscapes: boolean;
}

export interface SqlDialect {
  /** Builds SQL: query`SELECT ${'text'} FROM ${name('table')}`. */
  query(strings: TemplateStringsArray, ...values: readonly SqlValue[]): Sql;
  /** A name, or names with dots between. */
  name(...parts: readonly string[]): Sql;
}

export function sqlDialect({ nameQuote, backslashEscapes }: Quoting): SqlDialect {
  function literal(value: Text): Text {
    const body = Secret.escape(value, (stretch) => {
      const quoted = stretch.replaceAll("'", "''");
      return backslashEscapes ? quoted.replaceAll('\\', '\\\\') : quoted;
    });
    return Secret.join("'", body, "'");
  }

  function render(value: SqlValue): Text {
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' || value instanceof Secret) return literal(value);
    if ('sql' in value) return value.sql;
    return Secret.join(...value.flatMap((entry, i) => (i === 0 ? [literal(entry)] : [', ', literal(entry)])));
  }

  return {
    query(strings, ...values) {
      const texts = strings.raw.flatMap((string, i): Text[] => {
        const value = values[i];
        return value === undefined ? [string] : [string, render(value)];
      });
      return { sql: Secret.join(...texts) };
    },
    name: (...parts) => ({
      sql: parts.map((part) => nameQuote + part.replaceAll(nameQuote, nameQuote + nameQuote) + nameQuote).join('.'),
    }),
  };
}

/** The statements one after another. */
export function joinSql(statements: readonly Sql[], separator = '\n'): Sql {
  return { sql: Secret.join(...statements.flatMap(({ sql }, i) => (i === 0 ? [sql] : [separator, sql]))) };
}
