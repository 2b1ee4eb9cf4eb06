/** Results of tests as JUnit XML, which CI systems read: a suite for each scenario and image, a case for each step. */
import { writeFileSync } from 'node:fs';
import { ProvisionError } from '../errors.ts';
import type { StepResult, TrialResult } from '../trial/results.ts';
import { createPaint } from './colour.ts';
import { errorLines } from './error-text.ts';
import { printable } from './printable.ts';

const COLUMNS = 100;

/** The document; ends with a line feed. */
export function junitXml(results: readonly TrialResult[]): string {
  const all = results.flatMap(({ steps }) => steps);
  const durationMs = results.reduce((sum, result) => sum + result.durationMs, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: 'provision test', ...counts(all), time: seconds(durationMs) })}>`,
    ...results.flatMap(suiteLines),
    '</testsuites>',
    '',
  ].join('\n');
}

/** @throws ProvisionError `report-unwritable` */
export function writeJunit(file: string, results: readonly TrialResult[]): void {
  try {
    writeFileSync(file, junitXml(results));
  } catch (cause) {
    throw new ProvisionError('report-unwritable', `the results cannot be written: ${(cause as Error).message}`, {
      location: file,
      hint: 'Make room, or name another file with --junit.',
      cause,
    });
  }
}

function suiteLines({ scenario, image, steps, startedAt, durationMs }: TrialResult): string[] {
  const timestamp = startedAt.toISOString().slice(0, 19);
  const suite = { name: `${scenario} on ${image}`, ...counts(steps), time: seconds(durationMs), timestamp };
  return [
    `  <testsuite ${attributes(suite)}>`,
    ...steps.flatMap((step) => caseLines(step, `${scenario}.${image.replaceAll('.', '_')}`)),
    '  </testsuite>',
  ];
}

function caseLines({ name, status, durationMs, detail, error }: StepResult, classname: string): string[] {
  const opening = `    <testcase ${attributes({ classname, name, time: seconds(durationMs) })}`;
  if (status === 'skipped') return [`${opening}>`, '      <skipped/>', '    </testcase>'];
  if (error !== undefined) {
    const text = errorLines(error, { paint: createPaint(false), columns: COLUMNS, debug: false }).join('\n');
    const failure = `<failure ${attributes({ type: error.code, message: error.message })}>${escapeXml(text)}</failure>`;
    return [`${opening}>`, `      ${failure}`, '    </testcase>'];
  }
  if (detail === undefined) return [`${opening}/>`];
  return [`${opening}>`, `      <system-out>${escapeXml(detail)}</system-out>`, '    </testcase>'];
}

function counts(steps: readonly StepResult[]) {
  const count = (status: StepResult['status']) => steps.filter((step) => step.status === status).length;
  return { tests: steps.length, failures: count('failed'), errors: 0, skipped: count('skipped') };
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`)
    .join(' ');
}

function seconds(durationMs: number): string {
  return (durationMs / 1000).toFixed(3);
}

/** What XML has no way to write is written out: control characters, and halves of a surrogate pair. */
function escapeXml(text: string): string {
  return printable(text.toWellFormed().replaceAll(/[\ufffe\uffff]/g, '\ufffd'))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
