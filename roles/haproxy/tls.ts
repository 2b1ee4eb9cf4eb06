import { type Word, word } from './config-word.ts';

export interface TlsProfile {
  readonly minVersion: Word;
  /** Of TLS 1.2; none where 1.3 is the least. */
  readonly ciphers: Word | undefined;
  /** Of TLS 1.3. */
  readonly ciphersuites: Word;
}

const TLS_1_3_SUITES = word('TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256');

/**
 * Mozilla's Server Side TLS, version 6.0. Its choice of curves is OpenSSL's own: those are left alone, because a name that
 * an older OpenSSL does not know (X25519MLKEM768 before 3.5) would keep haproxy from starting.
 */
export const TLS_PROFILES = {
  intermediate: {
    minVersion: word('TLSv1.2'),
    ciphers: word(
      [
        'ECDHE-ECDSA-AES128-GCM-SHA256',
        'ECDHE-RSA-AES128-GCM-SHA256',
        'ECDHE-ECDSA-AES256-GCM-SHA384',
        'ECDHE-RSA-AES256-GCM-SHA384',
        'ECDHE-ECDSA-CHACHA20-POLY1305',
        'ECDHE-RSA-CHACHA20-POLY1305',
      ].join(':'),
    ),
    ciphersuites: TLS_1_3_SUITES,
  },
  modern: { minVersion: word('TLSv1.3'), ciphers: undefined, ciphersuites: TLS_1_3_SUITES },
} as const satisfies Record<string, TlsProfile>;
