/** How an inventory that exists says what the wizard says in its own way otherwise. */

/** What an inventory that was opened calls things, and which of several forms it has. */
export interface Names {
  readonly service: string;
  readonly database: string;
  readonly redis: string;
  /** By what they are for: `db app`, `env SECRET_KEY`, `login /admin developer`, `login`, `sudo`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** All that stand there, whatever they are for. */
  readonly takenSecrets: readonly string[];
  readonly buildIsMapping: boolean;
  readonly packagesAreMapping: boolean;
  /** Whether the user to log in as may stand for all hosts, in `all.vars`. */
  readonly userIsCommon: boolean;
  /** Hosts that stand elsewhere than in `all.hosts` alone: every mapping that names one, the one with its variables first. */
  readonly hostPlaces: Readonly<Record<string, readonly (readonly string[])[]>>;
}

export const DEFAULT_NAMES: Names = {
  service: 'app',
  database: 'db',
  redis: 'redis',
  secrets: {},
  takenSecrets: [],
  buildIsMapping: false,
  packagesAreMapping: false,
  userIsCommon: true,
  hostPlaces: {},
};
