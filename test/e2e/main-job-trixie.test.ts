import { mainJob } from './main-job.ts';

for (const user of ['root', 'deploy', 'operator'] as const) mainJob({ distro: 'trixie', user });
mainJob({ distro: 'trixie', user: 'root', engine: 'mariadb' });
