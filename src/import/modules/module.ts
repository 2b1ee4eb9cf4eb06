/** What a translator of one of Ansible's modules is given, and gives. One file for each, of the same shape. */
import type { Code } from '../code/code.ts';
import type { Doc } from '../code/layout.ts';
import type { Description } from '../described.ts';
import type { Scope } from '../jinja/expressions.ts';
import type { TemplateOptions } from '../jinja/template-nodes.ts';
import type { Loop } from '../loops.ts';
import type { ModuleArguments } from './arguments.ts';

export interface ModuleContext {
  /** The module as the task names it. */
  readonly module: string;
  readonly scope: Scope;
  /** What the task is called: one line, on no other task. Within a loop it has the item in it. */
  readonly label: Code;
  /** Who the task becomes, where not root. */
  readonly user: Code | undefined;
  /** Whether it has an `environment`, understood or not. */
  readonly hasEnvironment: boolean;
  /** The task's `environment`. @throws NotTranslated */
  readonly environment: { readonly code: string; readonly entries: readonly (readonly [string, Code])[] } | undefined;
  /** How long a command may take. */
  readonly timeoutMs: string | undefined;
  /** `no_log`: nothing of it may be shown. */
  readonly isSensitive: boolean;
  /** What the task's loop goes through, and the names that stand for its item: parts of it, for a mapping. */
  readonly loop: Pick<Loop, 'list' | 'item' | 'names' | 'pattern'> | undefined;
  /** A file of Ansible's, taken along: its content as the role reads it. @throws NotTranslated */
  fileContent(path: string): Code;
  /** A template of Ansible's as one of ours: its path, and what it is filled in with. @throws NotTranslated */
  template(path: string, options: TemplateOptions): { readonly path: string; readonly vars: Doc };
  /** A text with statements of Jinja in it, as `template` has it. @throws NotTranslated */
  templateOf(name: string, text: string): { readonly path: string; readonly vars: Doc };
  /** What earlier tasks describe of that kind, and may be the one of this name. */
  earlier(kind: string, name: Code): readonly Description[];
  /** An option without which it comes over: the summary and the file tell it. */
  leave(why: string, hint?: string): void;
  /** Something that people should know of this task, although it came over. */
  note(why: string, hint?: string): void;
}

export interface Outcome {
  /** Calls that make resources; none where there is nothing to do for us. */
  readonly resources: readonly Doc[];
  /** The translator went through the loop by itself. */
  readonly isLooped?: boolean;
  /** Tasks of the same key are one resource: their lists are joined, and what one leaves open the other may say. */
  readonly key?: string;
}

export interface Module {
  /** Without the collection. */
  readonly names: readonly string[];
  /** @throws NotTranslated */
  translate(args: ModuleArguments, context: ModuleContext): Outcome;
  /** As a handler: code whose value is a `Handler`. Undefined where it is no use as one. @throws NotTranslated */
  handler?(args: ModuleArguments, context: ModuleContext): Doc;
}
