/** Why a variable has the value that it has, as text. */
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { Explanation } from '../inventory/explain.ts';
import { yamlLines } from './inventory-text.ts';
import { oneLine, printable } from './printable.ts';
import type { TableOptions } from './table.ts';
import { padEnd, textWidth, truncate, wrap } from './width.ts';

/** @param isDocumented whether the reference has the variable */
export function explanationLines(explanation: Explanation, isDocumented: boolean, options: TableOptions): string[] {
  const { places, why, problem, readers } = explanation;
  const { columns } = options;
  return [
    ...valueLines(explanation, options),
    ...(places.length > 0 ? ['', ...placeLines(explanation, options)] : []),
    '',
    ...wrap([why, ...fallbackText(explanation)].join(' '), columns),
    ...(problem === undefined ? [] : wrap(`The value cannot be told: ${oneLine(problem)}.`, columns)),
    ...wrap(readers.length === 0 ? 'No role of the host reads it.' : `Read by ${readers.join(', ')}.`, columns),
    ...(isDocumented ? wrap(`See provision docs ${oneLine(explanation.variable)}.`, columns) : []),
  ];
}

function valueLines(
  { host, variable, value, problem, fallback, within }: Explanation,
  { paint }: TableOptions,
): string[] {
  const head = `${printable(variable)} of ${printable(host)}`;
  if (problem !== undefined) return [`${paint('bold', head)} cannot be resolved`];
  if (value === undefined)
    return [`${paint('bold', head)} is not set${fallback && !within ? `: ${flow(fallback.value)} counts` : ''}`];
  const lines = yamlLines(value);
  const isNested = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (lines.length === 1 && !isNested) return [`${paint('bold', head)}: ${lines[0]}`];
  return [paint('bold', `${head}:`), ...lines.map((line) => `  ${line}`)];
}

/** Of one that is spread over lines above, and need not stand on one as well. */
const LONG_VALUE = 40;

/** The places below one another, marked the one that counts. */
function placeLines({ places, value, problem }: Explanation, { columns, paint }: TableOptions): string[] {
  const isSet = value !== undefined || problem !== undefined;
  const rows = places.map(
    (place) =>
      [printable(place.location), printable(`${place.kind === 'extra' ? '' : `${place.kind} `}${place.name}`)] as const,
  );
  const widths = [0, 1].map((i) => Math.max(...rows.map((row) => textWidth(row[i] ?? ''))));
  return places.map((place, i) => {
    const mark = i === 0 && isSet ? '*' : ' ';
    const said = place.value === undefined ? '(without this key)' : writtenValue(place.value, value);
    const cells = [...(rows[i] ?? []).map((cell, n) => padEnd(cell, widths[n] ?? 0)), said];
    const line = truncate(`${mark} ${cells.join('  ')}`, columns);
    return mark === '*' ? paint('green', line) : line;
  });
}

/** What is long stands above already. */
function writtenValue(written: unknown, value: unknown): string {
  const text = flow(written);
  const isNested = typeof written === 'object' && written !== null;
  return isNested && text.length > LONG_VALUE && isDeepStrictEqual(written, value) ? '(as above)' : text;
}

function fallbackText({ fallback, within, variable }: Explanation): string[] {
  if (fallback === undefined) return within === undefined ? [] : [`Nor does anybody set ${within}.`];
  const { value, reader } = fallback;
  if (within === undefined) return [`The default of ${reader} counts: ${flow(value)}.`];
  return [
    `Nor does anybody set ${within}; where it is set without ${variable.split('.').at(-1)}, ${reader} takes ${flow(value)}.`,
  ];
}

/** On one line, as YAML. */
function flow(value: unknown): string {
  const text = stringify(value, {
    version: '1.1',
    lineWidth: 0,
    collectionStyle: 'flow',
    flowCollectionPadding: false,
  });
  return oneLine(text);
}
