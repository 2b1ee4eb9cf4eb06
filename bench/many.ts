/** How many resources of each kind make a number of them: bench/roles/many.ts and bench/ansible/many.yml take these. */
export interface Many {
  readonly folder: string;
  readonly files: number;
  readonly directories: number;
  readonly links: number;
  readonly users: number;
}

/** One is for the packages and one for the folder; of the others six in ten are files, one in ten are users. */
export function manyOf(total: number, folder = '/opt/bench'): Many {
  const others = total - 2;
  const [files, directories, users] = [0.6, 0.2, 0.1].map((share) => Math.round(others * share)) as [
    number,
    number,
    number,
  ];
  return { folder, files, directories, links: others - files - directories - users, users };
}
