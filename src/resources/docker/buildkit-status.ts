/**
 * What BuildKit tells while it builds: messages of the type StatusResponse, as
 * https://github.com/moby/buildkit/blob/master/api/services/control/control.proto defines it. Only the few fields that
 * people want to read are decoded, which takes less code than a protobuf library takes configuration.
 */

export interface BuildStatus {
  /** Steps that started, ended or failed. */
  readonly steps: readonly BuildStep[];
  readonly logs: readonly BuildOutput[];
}

export interface BuildStep {
  /** Tells the step from others of the same build. */
  readonly digest: string;
  /** `[stage-0 2/3] RUN make`. */
  readonly name: string;
  readonly isDone: boolean;
  /** Undefined unless it failed. */
  readonly error: string | undefined;
}

/** A piece of what a step printed: some lines, the last one perhaps not whole. */
export interface BuildOutput {
  /** The step's digest. */
  readonly step: string;
  readonly text: string;
}

/** Decodes one message, given in base64. */
export function decodeBuildStatus(base64: string): BuildStatus {
  const message = readFields(Buffer.from(base64, 'base64'));
  return { steps: (message.get(1) ?? []).map(readStep), logs: (message.get(3) ?? []).map(readOutput) };
}

function readStep(bytes: Buffer): BuildStep {
  const fields = readFields(bytes);
  const error = textOf(fields.get(7));
  return {
    digest: textOf(fields.get(1)),
    name: textOf(fields.get(3)),
    isDone: fields.has(6),
    error: error === '' ? undefined : error,
  };
}

function readOutput(bytes: Buffer): BuildOutput {
  const fields = readFields(bytes);
  return { step: textOf(fields.get(1)), text: textOf(fields.get(4)) };
}

function textOf(values: readonly Buffer[] | undefined): string {
  return values?.at(-1)?.toString('utf8') ?? '';
}

/** The fields that hold bytes, texts or messages, by their numbers; numbers are passed over. */
function readFields(bytes: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let at = 0;

  function readVarint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  while (at < bytes.length) {
    const key = readVarint();
    const wireType = key % 8;
    const number = Math.floor(key / 8);
    if (wireType === 0) readVarint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else {
      const length = readVarint();
      fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}
