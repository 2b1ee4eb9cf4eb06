import type { Backend } from './backend.ts';
import { exactly, word } from './config-word.ts';

/** A health check as it stands in the section of a backend. */
export function checkLines({ path, status, body }: NonNullable<Backend['health']>): readonly string[] {
  return [
    'option httpchk',
    `http-check send meth GET uri ${word(path)} ver HTTP/1.1 hdr Host localhost`,
    `http-check expect status ${status}`,
    ...(body ? [`http-check expect rstring ${exactly(body)}`] : []),
  ];
}
