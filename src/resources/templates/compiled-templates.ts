/**
 * The templates that come with provision as code, by the digest of their text. Empty here: the build of the bundle fills it
 * in, for compiling a template takes longer than all else that a role does. What is not in it is compiled when it is used.
 */
export const COMPILED_TEMPLATES: Readonly<Record<string, unknown>> = {};
