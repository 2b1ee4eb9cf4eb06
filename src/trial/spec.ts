/** The variable `test` of a scenario: what is done to a host, and what must be seen of it. */
import { fields, imageReference, type Secret, type Text, z } from '../index.ts';

const script = () => fields.secretText().refine((text) => String(text).trim() !== '', 'must not be empty');

/** A script alone means the same as a mapping with nothing but `run`. */
const alone = <Output>(whole: (run: Text) => Output) => script().transform(whole);

const name = () => fields.line().min(1).max(100);

const assertion = z.strictObject({
  /** What it is called in reports; by default the first line of the script. */
  name: name().optional(),
  /** A shell script that is run on the host as root. */
  run: script(),
  /** Its exit status. */
  exits: z.int().min(0).max(255).default(0),
  /** All of its standard output, line ends at the end aside. */
  prints: fields.secretText().optional(),
  /** A regular expression that its standard output matches somewhere. */
  matches: z.string().refine(isPattern, 'must be a regular expression').optional(),
});

const disturbance = z.strictObject({
  name: name().optional(),
  /** A shell script that changes on the host what the roles are to mend. */
  run: script(),
  /** Ids of resources, as a plan shows them, that must then differ; by default any. */
  sees: z.array(fields.line().min(1)).default([]),
});

export const TEST_SCHEMA = z.object({
  test: z
    .strictObject({
      /** The images that the host is made from, one after the other; `--image` counts before them. */
      images: z.array(imageReference()).min(1).optional(),
      /** Scripts that are run on the bare host, before its first plan. */
      before: z.array(script()).default([]),
      assert: z.array(z.union([assertion, alone((run) => assertion.parse({ run }))])).default([]),
      disturb: z.array(z.union([disturbance, alone((run) => disturbance.parse({ run }))])).default([]),
      /** Resources that are not disturbed by themselves, by their ids; or all. */
      leave_alone: z.union([z.literal('all'), z.array(fields.line().min(1))]).default([]),
      /** How long each script may take. */
      timeout: fields.duration().default(120_000),
    })
    .prefault({}),
});

export type TestSpec = z.output<typeof TEST_SCHEMA>['test'];
export type Assertion = TestSpec['assert'][number];
export type Disturbance = TestSpec['disturb'][number];

/** What a script is called where it has no name. */
export function scriptTitle({ name: given, run }: { name?: string | undefined; run: string | Secret }): string {
  if (given !== undefined) return given;
  const [first = ''] = String(run).trim().split('\n');
  return first.length > 60 ? `${first.slice(0, 59)}…` : first;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
