/** Which containers are on the host, and those that have a port which a compose project needs. Pure. */

import type { Change } from '../contract.ts';
import { simpleName } from '../fields.ts';
import { isSharedPort, type ListenPort } from '../listen-port.ts';
import { bySetting, portFor } from '../port.ts';
import type { ActualContainer } from './leftovers.ts';
import type { ActualProject, ComposeProject } from './project.ts';

/** A container of another project, or of none. */
export interface Stranger {
  readonly name: string;
  /** Empty where it was made without compose. */
  readonly project: string;
  /** What it has of the host, while it runs. */
  readonly ports: readonly ListenPort[];
}

interface Listed extends ActualContainer, Stranger {
  /** Whether somebody runs it with `docker compose run`. */
  readonly isOneOff: boolean;
}

/** @param output lines of `docker ps`: project, name, service, whether it is a one-off, and ports, each as JSON */
export function readContainers(output: string): readonly Listed[] {
  const lines = output.matchAll(/^"([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" (".*")$/gm);
  return [...lines].map(([, project = '', name = '', service = '', oneOff = '', ports = '""']) => ({
    name,
    project,
    service,
    ports: readPorts(JSON.parse(ports) as string),
    isOneOff: oneOff === 'True',
  }));
}

export function asOwn({ name, service, ports }: Listed): ActualContainer {
  return { name, service, ports };
}

export function asStranger({ name, project, ports }: Listed): Stranger {
  return { name, project, ports };
}

/**
 * Ports that a container has which is not for us to remove. One that bears the name of ours is: it is replaced. The way out
 * is told once for each stack.
 */
export function takenPorts({ ports, containers }: ComposeProject, { strangers }: ActualProject): Change[] {
  const others = strangers.filter(({ name }) => !containers.includes(name));
  const taken = ports.flatMap((port) => {
    const stranger = others.find((one) => one.ports.some((its) => isSharedPort(its, port)));
    return stranger === undefined ? [] : [{ port, stranger, out: wayOut(stranger) }];
  });
  return taken.map(({ port, stranger: { name, project }, out }, i): Change => {
    const stack = project === '' ? '' : ` of the stack ${project}`;
    const isTold = taken.slice(0, i).some((earlier) => earlier.out === out);
    return {
      action: 'conflict',
      what: `${portFor(port.port, port.owner)} is taken by the container ${name}${stack}`,
      hint: isTold ? undefined : `Choose another port${bySetting(port.setting)}. Or ${out}`,
    };
  });
}

/** What frees the port. */
function wayOut({ name, project }: Stranger): string {
  // A label may hold anything: what is no simple name is nothing to paste into a shell.
  if (!simpleName().safeParse(project).success)
    return `remove it, where nobody needs it any more: docker rm -f ${name}`;
  const all = `docker ps -aq --filter label=com.docker.compose.project=${project}`;
  return `remove the containers of that stack, where nobody needs it any more; its volumes stay: docker rm -f $(${all})`;
}

/** @param text as `docker ps` tells them: `127.0.0.1:18001-18002->5000-5001/tcp, [::]:80->80/tcp, 5432/tcp` */
export function readPorts(text: string): readonly ListenPort[] {
  return [...text.matchAll(/([^\s,]*):(\d+)(?:-(\d+))?->[^/]*\/(\w+)/g)].flatMap(
    ([, host = '', first, last = first, protocol = '']) => {
      const address = host.replace(/^\[|\]$/g, '');
      const count = Number(last) - Number(first) + 1;
      return Array.from({ length: count }, (_, i) => ({ address, port: Number(first) + i, protocol }));
    },
  );
}
