/** How an entry of several parts is written as one text, on the command line and in drafts. */

export type Parts = Readonly<Record<string, string>>;

export interface Notation {
  /** As help and errors show it: `[NAME=][USER@]ADDRESS[:PORT]`. */
  readonly form: string;
  /** Parts that are left out are empty; undefined where the text is none of that form. */
  parse(text: string): Parts | undefined;
  format(parts: Parts): string;
}

export const SERVER: Notation = {
  form: '[NAME=][USER@]ADDRESS[:PORT]',
  parse: byPattern(
    /^(?:(?<name>[^=@\s]+)=)?(?:(?<user>[^@\s]+)@)?(?:\[(?<v6>[\da-fA-F:.]+)\]|(?<address>[^[\]\s:@]+))(?::(?<port>\d+))?$/,
    ({ v6 = '', address = '', ...parts }) => ({ ...parts, address: v6 === '' ? address : v6 }),
  ),
  format({ name = '', user = '', address = '', port = '' }) {
    const host = address.includes(':') ? `[${address}]` : address;
    return `${name && `${name}=`}${user && `${user}@`}${host}${port && port !== '22' ? `:${port}` : ''}`;
  },
};

export const PERSON: Notation = {
  form: 'NAME=KEY',
  parse: byPattern(/^(?<name>[^=\s]+)=(?<key>\S.*)$/),
  format: ({ name = '', key = '' }) => `${name}=${key}`,
};

/** The part before the first `=` is a name: of a variable, or of a host. */
export const NAMED_VALUE: Notation = {
  form: 'NAME=VALUE',
  parse: byPattern(/^(?<name>[^=\s]+)=(?<value>.*)$/s),
  format: ({ name = '', value = '' }) => `${name}=${value}`,
};

const SECRET_VARIABLE = byPattern(/^(?<name>[^:=\s]+):secret(?:=(?<source>.+))?$/s);

/** An environment variable: with its value, or with where its secret value comes from. */
export const VARIABLE: Notation = {
  form: 'NAME=VALUE or NAME:secret[=SOURCE]',
  parse(text) {
    const secret = SECRET_VARIABLE(text);
    if (secret !== undefined) return { ...secret, kind: 'secret', value: '' };
    const plain = NAMED_VALUE.parse(text);
    return plain && { ...plain, kind: 'plain', source: '' };
  },
  format({ name = '', kind, value = '', source = '' }) {
    return kind === 'secret' ? `${name}:secret${sourceSuffix(source)}` : `${name}=${value}`;
  },
};

export const DATABASE_USER: Notation = {
  form: 'NAME:ACCESS[=SOURCE]',
  parse: byPattern(/^(?<name>[^:=\s]+):(?<access>[a-z-]+)(?:=(?<password>.+))?$/s),
  format: ({ name = '', access = '', password = '' }) => `${name}:${access}${sourceSuffix(password)}`,
};

export const LOGIN: Notation = {
  form: 'PATH:USER[=SOURCE]',
  parse: byPattern(/^(?<path>\/[^=]*?):(?<user>[^:=]+)(?:=(?<password>.+))?$/s),
  format: ({ path = '', user = '', password = '' }) => `${path}:${user}${sourceSuffix(password)}`,
};

export const ROUTE: Notation = {
  form: '[HOST]/PATH[=SERVICE]',
  parse: byPattern(/^(?<host>[^/=\s]+)?(?<path>\/[^=\s]*)(?:=(?<service>\S+))?$/),
  format: ({ host = '', path = '', service = '' }) => `${host}${path}${service && `=${service}`}`,
};

/** A password that is made on the host need not be written. */
function sourceSuffix(source: string): string {
  return source === '' || source === 'generate' ? '' : `=${source}`;
}

function byPattern(pattern: RegExp, finish: (parts: Parts) => Parts = (parts) => parts): Notation['parse'] {
  return (text) => {
    const groups = pattern.exec(text.trim())?.groups;
    if (groups === undefined) return undefined;
    return finish(Object.fromEntries(Object.entries(groups).map(([part, value = '']) => [part, value])));
  };
}

/** The parts of an entry whose form was checked before. */
export function partsOf(notation: Notation, entry: string): Parts {
  return notation.parse(entry) ?? {};
}
