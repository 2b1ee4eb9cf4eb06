import { dockerImage } from '../src/resources/docker-image.ts';
import { localTarget, planned, converge } from './resources/local-target.ts';
import { contextTag } from '../src/resources/build-context.ts';
const build = { name: 'rb/test', build: { context: '/tmp/rb/ctx', args: { WHO: "ü $x '" } } };
console.log(dockerImage(build).id, contextTag('/tmp/rb/ctx'));
console.log(await planned(dockerImage, build));
console.log(await converge(dockerImage, build));
console.log(await planned(dockerImage, build), await planned(dockerImage, {pull: 'docker.io/library/debian:trixie-slim'}));
for (const pull of ['redis:8', 'localhost:1/x:1']) {
const t = localTarget();
try { await dockerImage.perform!(dockerImage({ pull }).desired as never, [], { exists: false }, t); console.log('ok', t.told) } catch (e) { console.log(e, t.told) }
}
