/** The public API, for people who write roles and resource kinds. Roles import nothing else. */

export type { Facts } from './engine/facts.ts';
export { defineRole, type RoleContext, type RoleDefinition } from './engine/role.ts';
export { type ErrorCode, ProvisionError, type ProvisionErrorOptions } from './errors.ts';
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
export * as fields from './resources/fields.ts';
export { type GeneratedSecretInput, generatedSecret } from './resources/generated-secret.ts';
export { type GroupInput, group } from './resources/group.ts';
export { isKnown, mask, reveal, Secret, type Text, text } from './shell/secret.ts';
export { type Input, input, joinScripts, type Script, sh } from './shell/sh.ts';
