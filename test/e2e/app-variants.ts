/** Versions of the sample application, good ones and bad ones, and inventories that bring them out. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inventoryVariant } from './provision.ts';

const SAMPLE = fileURLToPath(new URL('../../files/app', import.meta.url));
const MAIN = "if __name__ == '__main__':\n";

/** A text that stands in a file of the application, and what replaces it. */
export interface Edit {
  readonly file: 'app.py' | 'create_db.py';
  readonly before: string;
  readonly after: string;
}

export interface AppFolder {
  /** Stays the same, whatever the folder becomes: the inventory does not change with the version. */
  readonly path: string;
  /** Makes the folder the sample application with these edits, and without those of before. @throws Error where a text is not there */
  become(...variants: readonly Edit[]): void;
}

/** A copy of the sample application in a folder of its own. */
export function appFolder(): AppFolder {
  const path = mkdtempSync(join(tmpdir(), 'provision-app-'));
  function become(...variants: readonly Edit[]): void {
    cpSync(SAMPLE, path, { recursive: true, force: true });
    for (const { file, before, after } of variants) {
      const text = readFileSync(join(path, file), 'utf8');
      if (!text.includes(before)) throw new Error(`${file} of the sample application does not hold ${before}`);
      writeFileSync(
        join(path, file),
        text.replace(before, () => after),
      );
    }
  }
  become();
  return { path, become };
}

/** Harmless: another answer of /version. */
export function version(text: string): Edit {
  const before = "return reply(os.environ.get('APP_VERSION', 'dev'))";
  return { file: 'app.py', before, after: `return reply(${JSON.stringify(text)})` };
}

/** Runs, and answers /status with `Not ready` for ever. */
export function neverHealthy(): Edit {
  return {
    file: 'app.py',
    before: '    if time.monotonic() - started_at < READY_AFTER_SECONDS:\n',
    after: "    app.logger.warning('still waiting for the moon')\n    if True:\n",
  };
}

/** Ends at once, with a line on its log. */
export function doesNotStart(): Edit {
  return { file: 'app.py', before: MAIN, after: `${MAIN}    sys.exit('cannot start: COLOUR is not set')\n` };
}

/** Ends so long after it became healthy, without a chance to finish what it is at. */
export function crashesAfterHealthy(seconds: number): Edit {
  const crash = `    def crash():
        print('out of luck', flush=True)
        os._exit(1)

    timer = threading.Timer(READY_AFTER_SECONDS - (time.monotonic() - started_at) + ${seconds}, crash)
    timer.daemon = True
    timer.start()
`;
  return { file: 'app.py', before: MAIN, after: MAIN + crash };
}

/** The application is good, but its tables cannot be brought up to date. */
export function failingMigration(): Edit {
  return {
    file: 'create_db.py',
    before: '    db.create_all()\n',
    after: "    raise SystemExit('the table palindrom cannot be changed')\n",
  };
}

/** The tables are brought up to date after so long. */
export function slowMigration(seconds: number): Edit {
  const before = '    db.create_all()\n';
  return { file: 'create_db.py', before, after: `    import time\n    time.sleep(${seconds})\n${before}` };
}

/** Further endpoints: /slow?seconds=5 answers after that time, /stream sends 1 KiB each second for ever (less would be held back). */
export function slowRequests(): Edit {
  const endpoints = `@app.get('/slow')
def slow():
    time.sleep(float(request.args.get('seconds', 5)))
    return reply('Done')


@app.get('/stream')
def stream():
    def lines():
        while True:
            yield 'still here\\n'.rjust(1024)
            time.sleep(1)

    return Response(lines(), mimetype='text/plain')


`;
  return { file: 'app.py', before: MAIN, after: `from flask import request\n\n${endpoints}${MAIN}` };
}

/** Tells its health at /healthz as well. */
export function secondHealth(): Edit {
  const before = "@app.get('/status')\n";
  return { file: 'app.py', before, after: `@app.get('/healthz')\n${before}` };
}

/** Tells its health at /healthz alone, and gets ready to be stopped at other paths. */
export function renamedPaths(): readonly Edit[] {
  const route = (path: string) => `@app.get('${path}')\n`;
  // Visitors go on asking for /status, which is no sign of health any more.
  const former = `${route('/status')}def former_status():\n    return reply('See /healthz')\n\n\n`;
  return [
    { file: 'app.py', before: route('/status'), after: `${former}${route('/healthz')}` },
    { file: 'app.py', before: route('/prepare-for-deploy'), after: route('/drain') },
    { file: 'app.py', before: route('/ready-for-deploy'), after: route('/drained') },
  ];
}

/** The application's own times, short: what is tested is the deploy around them. */
export const SHORT_TIMES = { READY_AFTER_SECONDS: 2, PREPARE_MIN_SECONDS: 1, PREPARE_MAX_SECONDS: 2 };

export interface RedeploySettings {
  readonly app: AppFolder;
  /** Default 2. */
  readonly replicas?: number;
  /** Environment of the application, on top of the short times. */
  readonly env?: Readonly<Record<string, string | number>>;
  /** How long a new version may take to become healthy, as the inventory writes it. Default `20s`. */
  readonly healthTimeout?: string;
  /** The service's `rollout`, as the inventory has it. */
  readonly rollout?: Readonly<Record<string, string | number>>;
  /** Further edits of the demo's inventory: texts that must stand in it, and what replaces them. */
  readonly edits?: Readonly<Record<string, string>>;
}

/** A variant of the demo's inventory that runs the application of this folder. @returns path of the file */
export function redeployInventory(settings: RedeploySettings): string {
  const { app, replicas = 2, env = {}, healthTimeout = '20s', rollout, edits = {} } = settings;
  const variables = Object.entries({ ...SHORT_TIMES, ...env }).map(([name, value]) => `${name}: "${value}"`);
  const firstVariable = '            REDIS_HOST: redis\n';
  const migrate = '          migrate: [python3, create_db.py]\n';
  // JSON is YAML.
  const rolloutLine = rollout === undefined ? '' : `          rollout: ${JSON.stringify(rollout)}\n`;
  return inventoryVariant({
    '../files/app': app.path,
    '          replicas: 2\n': `          replicas: ${replicas}\n`,
    [firstVariable]: `${firstVariable}${variables.map((line) => `            ${line}\n`).join('')}`,
    [migrate]: `${migrate}${rolloutLine}`,
    'body: OK, timeout: 60s': `body: OK, timeout: ${healthTimeout}`,
    ...edits,
  });
}
