import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { ProvisionError, Secret, type Text, text, whyUnreadable } from '../../src/index.ts';

export interface OwnFiles {
  readonly domain: string;
  /** Absolute paths on this machine. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * The certificate with its chain, and its private key, as one text.
 *
 * @throws ProvisionError `file-unreadable`; `inventory-bad-parameter` where the two do not fit each other or the domain,
 *   or where the certificate is not valid at `now`
 */
export function readOwnFiles({ domain, certificate, key }: OwnFiles, now: Date): Text {
  const chain = read(certificate, 'certificate');
  const keyText = read(key, 'key');
  const parsed = parseCertificate(certificate, chain);
  if (!parsed.checkPrivateKey(parseKey(key, keyText))) {
    throw bad(
      'key',
      `${key} is not the private key of ${certificate}`,
      'Give the key with which the certificate was requested.',
    );
  }
  if (!(new Date(parsed.validFrom) <= now && now < new Date(parsed.validTo))) {
    throw bad(
      'certificate',
      `${certificate} is valid from ${parsed.validFrom} to ${parsed.validTo}, and not now`,
      'Have it renewed, or check the clock of this machine.',
    );
  }
  if ((isIP(domain) === 0 ? parsed.checkHost(exampleOf(domain)) : parsed.checkIP(domain)) === undefined) {
    throw bad(
      'domain',
      `${certificate} is not for ${domain}`,
      `It is for ${parsed.subjectAltName ?? 'no name at all'}.`,
    );
  }
  return text`${chain.trimEnd()}\n${Secret.named(`private key of ${domain}`, keyText.trimEnd())}\n`;
}

/** What a certificate for `*.example.com` must be valid for. */
function exampleOf(domain: string): string {
  return domain.replace(/^\*/, 'any');
}

function read(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ProvisionError('file-unreadable', `${path} cannot be read: ${whyUnreadable(cause)}`, {
      parameter: ['certs', name],
      hint: 'Paths of certificates are relative to the folder of the inventory.',
      cause,
    });
  }
}

function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw bad(
      'certificate',
      `${path} holds no certificate in PEM`,
      'It must begin with -----BEGIN CERTIFICATE-----.',
      cause,
    );
  }
}

function parseKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw bad(
      'key',
      `${path} holds no private key that can be read`,
      'It must be in PEM, without a passphrase.',
      cause,
    );
  }
}

/** @param name the key of `certs` that is at fault */
function bad(name: string, message: string, hint: string, cause?: unknown): ProvisionError {
  return new ProvisionError('inventory-bad-parameter', message, { parameter: ['certs', name], hint, cause });
}
