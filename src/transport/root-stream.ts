/** A command as root with raw standard streams, on a channel of its own. */
import { Duplex } from 'node:stream';
import { ProvisionError } from '../errors.ts';
import { STREAM_PROGRAM } from './bootstrap.ts';
import { openRootChannel, type RootChannel } from './root-channel.ts';
import type { HostAddress, Link } from './types.ts';

/**
 * Starts the command and gives its standard input and output as one stream. Where it exits with another status than 0, the
 * stream fails with its last lines of standard error.
 */
export async function openRootStream(link: Link, address: HostAddress, command: string): Promise<Duplex> {
  const root = await openRootChannel(link, address, STREAM_PROGRAM);
  const text = Buffer.from(command);
  root.channel.stdin.write(`${text.length}\n`);
  root.channel.stdin.write(text);
  return duplex(address, root);
}

function duplex(address: HostAddress, { channel, output, errorTail }: RootChannel): Duplex {
  const { stdin, stdout } = channel;
  const early = output.release();

  const stream = new Duplex({
    read() {
      stdout.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      // A full window holds the writer back; the callback comes when the chunk has left.
      stdin.write(chunk, done);
    },
    final(done) {
      stdin.end(done);
    },
    destroy(error, done) {
      channel.destroy();
      done(error);
    },
  });

  if (early.length > 0) stream.push(early);
  stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) stdout.pause();
  });
  stdout.pause();
  void channel.closed.then(({ code, reason }) => {
    if (stream.destroyed) return;
    if (code === 0) stream.push(null);
    else stream.destroy(failed(address, code, reason, errorTail()));
  });
  return stream;
}

function failed(
  address: HostAddress,
  code: number | undefined,
  reason: string | undefined,
  detail: string | undefined,
) {
  if (code === undefined) {
    return new ProvisionError('connection-lost', `the stream was lost: ${reason ?? 'the channel closed'}`, {
      host: address.name,
      detail,
    });
  }
  return new ProvisionError('command-failed', `the streamed command exited with status ${code}`, {
    host: address.name,
    detail,
  });
}
