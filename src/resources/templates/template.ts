import type { Text } from '../../shell/secret.ts';
import type { Resource, ResourceOptions } from '../contract.ts';
import { type FileInput, file } from '../file.ts';
import { readTemplate, renderTemplate, type TemplateText } from './template-text.ts';

export interface TemplateInput extends Omit<FileInput, 'content' | 'state'> {
  /** Absolute path of a Handlebars file on this machine, or a text and the name that errors call it by. */
  readonly template: string | TemplateText;
  /** What the template may name. Secrets in it, however deep, stay secret in the content. */
  readonly vars?: Readonly<Record<string, unknown>>;
}

/**
 * A file whose content is a Handlebars template, filled in. Nothing is escaped, and a name that `vars` does not hold is an
 * error rather than an empty text.
 *
 * Besides Handlebars' own `if`, `unless`, `each`, `with` and `lookup` there are: `{{json value}}`, with blanks as in
 * `{{json value 2}}`; `{{join list ", "}}`; `{{indent text 4}}`, every line but the first; `{{#if (eq a b)}}`.
 *
 * @example template({ path: '/etc/motd', template: { source: 'motd', text: '{{name}}\n' }, vars: { name: 'web1' } })
 * @throws ProvisionError `template-invalid` with the template's line and column, `file-unreadable`, `resource-invalid`
 */
export function template({ template, vars = {}, ...rest }: TemplateInput, options?: ResourceOptions): Resource {
  return file({ ...rest, content: templateText(template, vars) }, options);
}

/**
 * The text of a template, filled in: for what is no file of its own, such as the content of `systemdUnit`. Secret where a
 * secret stands in it.
 *
 * @example systemdUnit({ name: 'app', content: templateText({ source: 'app', text: '[Service]\nUser={{user}}\n' }, { user: 'app' }) })
 * @throws ProvisionError `template-invalid`, `file-unreadable`
 */
export function templateText(template: string | TemplateText, vars: Readonly<Record<string, unknown>> = {}): Text {
  return renderTemplate(typeof template === 'string' ? readTemplate(template) : template, vars);
}
