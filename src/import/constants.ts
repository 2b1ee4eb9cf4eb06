/** Constants and functions that written roles bring along, by their names: what no resource has and more than one task may need. */
interface Helper {
  readonly code: string;
  /** What it takes from `provision`. */
  readonly imports: readonly string[];
}

export const HELPERS: Readonly<Record<string, Helper>> = {
  commaSeparated: {
    imports: [],
    code: `/** The words of a text with commas between them, which Ansible takes for a list. */
function commaSeparated(text: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  return words.filter((word) => word !== '');
}`,
  },
  COMPOSE_IS_UP: {
    imports: ['sh'],
    code: `/** Each service has a running container, made from what its definition is now: compose tells that by a hash. */
const COMPOSE_IS_UP = sh\`
  wanted=$(docker compose config --hash '*' | sort)
  found=$(docker inspect -f \\
    '{{index .Config.Labels "com.docker.compose.service"}} {{index .Config.Labels "com.docker.compose.config-hash"}}' \\
    $(docker compose ps -q) | sort -u)
  [ "$wanted" = "$found" ]
\`;`,
  },
};
