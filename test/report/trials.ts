/** Results of tests, as reports are tried with. */
import { ProvisionError } from '../../src/errors.ts';
import type { StepResult, TrialResult } from '../../src/trial/results.ts';

const FAILURE = new ProvisionError('test-failed', 'it printed "<b>" & more', {
  detail: 'expected:\n  ]]>\nit printed:\n  \u001b[31mred\u0000',
  hint: 'Correct the role.',
});

export const STEPS: readonly StepResult[] = [
  { name: 'host', status: 'passed', detail: 'root@172.17.0.3:22', durationMs: 3120 },
  { name: 'apply again', status: 'passed', detail: '0 changed', durationMs: 312 },
  { name: 'assert: cat "/etc/motd" <\u0007', status: 'failed', durationMs: 20, error: FAILURE },
  { name: 'drift', status: 'skipped', durationMs: 0 },
];

export function trialResult(changes: Partial<TrialResult> = {}): TrialResult {
  return {
    scenario: 'motd',
    image: 'debian:12.5',
    startedAt: new Date('2026-11-21T10:11:12.345Z'),
    durationMs: 3452,
    steps: STEPS,
    kept: [],
    ...changes,
  };
}
