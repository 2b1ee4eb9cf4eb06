/** What `docker compose up` prints where a container does not start: of that, what tells why. */

/** Progress of the plugin, and of the program that came before it (Debian 12), with what that one says besides. */
const NOISE = [
  /^ (Network|Volume|Container) \S+ +\w+$/,
  /^(Creating|Recreating|Starting|Stopping|Removing) .* \.\.\.( (done|error))?$/,
  /^Creating (network|volume) .* with .* driver$/,
  // Whoever has the port: it need not be a container.
  /^Host is already in use by another container$/,
  /^Encountered errors while bringing up the project\.$/,
];

/**
 * Each reason once. The older program tells it for the container and for the service: `ERROR: for shop-app-1  Cannot start …`.
 *
 * @returns everything where nothing of it tells a reason
 */
export function startReasons(output: string): string {
  const lines = output.split('\n').map((line) => line.trimEnd());
  const reasons = lines
    .filter((line) => line !== '' && !NOISE.some((noise) => noise.test(line)))
    .map((line) => line.replace(/^ERROR: for \S+ +/, ''));
  return reasons.length === 0 ? output : [...new Set(reasons)].join('\n');
}
