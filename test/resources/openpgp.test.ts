import { describe, expect, it } from 'vitest';
import { armor, fingerprints, keyBytes } from '../../src/resources/openpgp.ts';
import { ONE, TWO } from './signing-keys.ts';

/** RFC 9580, appendix A.3. It has no checksum, and headers of the new format. */
const VERSION_6 = `-----BEGIN PGP PUBLIC KEY BLOCK-----

xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
+eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
-----END PGP PUBLIC KEY BLOCK-----`;

const bytes = keyBytes(ONE.armored);

/** The first packet of the key, whose header is two bytes long, with another header. */
function withHeader(...header: number[]): Buffer {
  return Buffer.concat([Buffer.from(header), bytes.subarray(2, 2 + (bytes[1] ?? 0))]);
}

describe('OpenPGP keys', () => {
  it.each([
    { what: 'armor', content: ONE.armored, found: [ONE.fingerprint] },
    {
      what: 'armor with headers',
      content: ONE.armored.replace('\n\n', '\nVersion: 1\nComment: x y\n\n'),
      found: [ONE.fingerprint],
    },
    { what: 'armor with CR LF', content: ONE.armored.replaceAll('\n', '\r\n'), found: [ONE.fingerprint] },
    { what: 'armor after other text', content: `uid Ann\n${ONE.armored}`, found: [ONE.fingerprint] },
    { what: 'armor as bytes', content: Buffer.from(ONE.armored), found: [ONE.fingerprint] },
    { what: 'binary', content: bytes, found: [ONE.fingerprint] },
    { what: 'base64', content: bytes.toString('base64'), found: [ONE.fingerprint] },
    {
      what: 'two keys',
      content: Buffer.concat([bytes, keyBytes(TWO.armored)]),
      found: [ONE.fingerprint, TWO.fingerprint],
    },
    { what: 'two blocks', content: ONE.armored + TWO.armored, found: [ONE.fingerprint, TWO.fingerprint] },
    {
      what: 'version 6',
      content: VERSION_6,
      found: ['CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9'],
    },
    { what: 'old header of 3 bytes', content: withHeader(0x99, 0, 51), found: [ONE.fingerprint] },
    { what: 'old header of 5 bytes', content: withHeader(0x9a, 0, 0, 0, 51), found: [ONE.fingerprint] },
    { what: 'new header of 2 bytes', content: withHeader(0xc6, 51), found: [ONE.fingerprint] },
    { what: 'new header of 6 bytes', content: withHeader(0xc6, 255, 0, 0, 0, 51), found: [ONE.fingerprint] },
    { what: 'a cut key', content: bytes.subarray(0, 30), found: [] },
    { what: 'a length that is not told', content: withHeader(0x9b), found: [] },
    { what: 'nothing', content: '', found: [] },
    { what: 'a web page', content: Buffer.from('<html>Not found</html>'), found: [] },
    { what: 'two bytes', content: Buffer.from([0xc6, 0xff]), found: [] },
  ])('finds the fingerprints in $what', ({ content, found }) => {
    expect(fingerprints(keyBytes(content))).toEqual(found);
  });

  it('armors as gpg does', () => {
    expect(armor(bytes)).toBe(ONE.armored);
    expect(armor(keyBytes(TWO.armored))).toBe(TWO.armored);
  });
});
