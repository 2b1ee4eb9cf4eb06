/** The public API, for people who write roles and resource kinds. Roles import nothing else. */

/** The schema library that roles describe their parameters with: one copy for us and for roles that live elsewhere. */
export * as z from 'zod';
export type { Facts } from './engine/facts.ts';
export {
  type BalancedServer,
  type Balancer,
  defineRole,
  type FormerSlot,
  type Peer,
  type PeerPattern,
  type RoleContext,
  type RoleDefinition,
} from './engine/role.ts';
export { atParameter, type ErrorCode, ProvisionError, type ProvisionErrorOptions, whyUnreadable } from './errors.ts';
export { shippedFile } from './installation.ts';
export { type AptRepositoryInput, aptRepository } from './resources/apt-repository.ts';
export { type AuthorizedKeysInput, authorizedKeys } from './resources/authorized-keys.ts';
export { type CertificateInput, certificate } from './resources/certificate.ts';
export { namesIn as certificateNames } from './resources/certificate-names.ts';
export { type CommandInput, command } from './resources/command.ts';
export { isReplicaOf, replicaContainer } from './resources/compose/container.ts';
export type { ComposeServiceInput } from './resources/compose/desired.ts';
export { COMPOSE, STATE_FOLDER } from './resources/compose/files.ts';
export { type ComposeProjectInput, composeProject } from './resources/compose/project.ts';
export { composeService } from './resources/compose/service.ts';
export {
  type Change,
  defineResource,
  type Handler,
  type Resource,
  type ResourceBuilder,
  type ResourceKind,
  type ResourceOptions,
  type ScriptResult,
  type Target,
  type Unknown,
} from './resources/contract.ts';
export { type CronInput, cron } from './resources/cron.ts';
export { type DatabaseRoleInput, databaseRole } from './resources/databases/role.ts';
export { type DirectoryInput, directory } from './resources/directory.ts';
export { type BuildSettings, contextTag } from './resources/docker/build-context.ts';
export { builtImage, type DockerImageInput, dockerImage } from './resources/docker/image.ts';
export { imageReference } from './resources/docker/image-name.ts';
export * as fields from './resources/fields.ts';
export { type FileInput, file } from './resources/file.ts';
export { type GeneratedSecretInput, generatedSecret } from './resources/generated-secret.ts';
export { type GroupInput, group } from './resources/group.ts';
export {
  askHttp,
  describeAnswer,
  type HttpAnswer,
  type HttpCheckInput,
  httpCheck,
  isHealthy,
  readAnswers,
  wantedAnswer,
} from './resources/http-check.ts';
export { type LineInFileInput, lineInFile } from './resources/line-in-file.ts';
export { isSharedPort, type ListenPort } from './resources/listen-port.ts';
export { type PackagesInput, packages } from './resources/packages.ts';
export { type PortInput, port } from './resources/port.ts';
export { type ReleaseInput, release } from './resources/releases/release.ts';
export { reloadService, restartService, type ServiceInput, service } from './resources/service.ts';
export { type SudoersInput, sudoers } from './resources/sudoers.ts';
export { type SymlinkInput, symlink } from './resources/symlink.ts';
export { type SysctlInput, sysctl } from './resources/sysctl.ts';
export { type SystemdUnitInput, systemdUnit } from './resources/systemd-unit.ts';
export { type TemplateInput, template, templateText } from './resources/templates/template.ts';
export { type UserInput, user } from './resources/user.ts';
export { type Metadata, parseMetadata } from './shell/path-metadata.ts';
export { isKnown, mask, reveal, Secret, type Text, text } from './shell/secret.ts';
export { type Input, input, joinScripts, raw, type Script, scriptText, sh } from './shell/sh.ts';
