/** A file of cron that several tasks write to: a resource for one of its jobs would take the others away. */
import type { Play, Task } from './playbook/play.ts';

/** The plays, with all tasks marked whose file of cron has other jobs as well. */
export function markSharedCrontabs(plays: readonly Play[]): readonly Play[] {
  const jobs = plays.flatMap(({ hosts, tasks }) => tasks.map((task) => ({ task, file: fileOf(task, hosts) })));
  const files = Map.groupBy(jobs, ({ file }) => file);
  const isShared = (file: string | undefined) => {
    const names = (files.get(file) ?? []).map(({ task }) => JSON.stringify([task.args.name, task.args.env]));
    return file !== undefined && new Set(names).size > 1;
  };
  return plays.map((play) => ({
    ...play,
    tasks: play.tasks.map((task) => (isShared(fileOf(task, play.hosts)) ? marked(task) : task)),
  }));
}

function fileOf({ module, args }: Task, hosts = ''): string | undefined {
  if (module !== 'cron' || typeof args.cron_file !== 'string') return undefined;
  return `${hosts}: ${args.cron_file.replace(/^\/etc\/cron\.d\//, '')}`;
}

function marked(task: Task): Task {
  const why = `other tasks write to its file of cron as well: ${String(task.args.cron_file)}`;
  return {
    ...task,
    problem: { place: task.place, why, hint: 'Write one file with all of its jobs, or a cron for each.' },
  };
}
