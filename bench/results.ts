/** What was measured, as a table for people and as lines for programs. */
import { type Measured, nameOf, ratio, roundTripsOf, type Sample, timeOf } from './matrix.ts';

/** A Markdown table: medians, ratios and round trips. */
export function resultLines(measured: readonly Measured[]): string[] {
  return [
    '| | ssh, s | provision, s | ansible-playbook, s | Ansible ÷ ours | ours ÷ ssh | round trips |',
    '|---|---:|---:|---:|---:|---:|---:|',
    ...measured.map((one) => {
      const time = (program: Sample['program']) => numberText(timeOf(one, program), 1000, 2);
      const cells = [
        time('ssh'),
        time('provision'),
        `${time('ansible-playbook')}${runsText(one)}`,
        numberText(ratio(one, 'ansible-playbook', 'provision'), 1, 1),
        numberText(ratio(one, 'provision', 'ssh'), 1, 1),
        numberText(roundTripsOf(one, 'provision'), 1, 0),
      ];
      return `| ${nameOf(one)} | ${cells.join(' | ')} |`;
    }),
  ];
}

/** Said where the peer ran less often than we did. */
function runsText({ samples }: Measured): string {
  const runs = (program: Sample['program']) => samples.filter((sample) => sample.program === program).length;
  const peer = runs('ansible-playbook');
  return peer > 0 && peer < runs('provision') ? ` (${peer} ${peer === 1 ? 'run' : 'runs'})` : '';
}

function numberText(value: number | undefined, divisor: number, digits: number): string {
  return value === undefined ? '–' : (value / divisor).toFixed(digits);
}

/** Every run as a line of CSV. */
export function csvLines(measured: readonly Measured[]): string[] {
  return [
    'action,hosts,round_trip_ms,resources,program,ms,round_trips',
    ...measured.flatMap(({ action, hosts, roundTripMs, resources, samples }) =>
      samples.map(({ program, durationMs, roundTrips }) =>
        [action, hosts, roundTripMs, resources, program, durationMs.toFixed(1), roundTrips ?? ''].join(','),
      ),
    ),
  ];
}
