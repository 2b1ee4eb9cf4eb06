import { describe, expect, it } from 'vitest';
import {
  containerUser,
  hostAddress,
  hostName,
  publishedPort,
  size,
  volume,
} from '../../../roles/stack/container-fields.ts';

const KINDS = { containerUser, hostAddress, hostName, publishedPort, size, volume };

describe('a value that a container can never start with', () => {
  it.each([
    ['containerUser', '../../etc/passwd', /must be a name, UID/],
    ['containerUser', 'a b', /must be a name, UID/],
    ['containerUser', 'app:', /must be a name, UID/],
    ['containerUser', '1:2:3', /must be a name, UID/],
    ['containerUser', '4294967294', /must not hold a number above 2147483647/],
    ['containerUser', 'app:2147483648', /must not hold a number above/],
    ['hostAddress', 'žluť', /must be an IPv4 or IPv6 address, or host-gateway/],
    ['hostAddress', '10.0.0', /must be an IPv4 or IPv6 address/],
    ['hostAddress', 'db.example.com', /must be an IPv4 or IPv6 address/],
    ['hostName', '../../etc', /must be a host name/],
    ['hostName', 'a b', /must be a host name/],
    ['hostName', 'a.', /must be a host name/],
    ['hostName', 'žluť', /must be a host name/],
    ['publishedPort', '99999:80', /must name ports from 1 to 65535/],
    ['publishedPort', '80:0/udp', /must name ports from 1 to 65535/],
    ['publishedPort', '999.1.1.1:80:80', /must begin with an IPv4 address/],
    ['size', '5m', /must be at least 6m/],
    ['volume', 'data:/', /must be name:\/path/],
  ] as const)('%s: %s is refused', (kind, value, message) => {
    expect(KINDS[kind]().safeParse(value).error?.message).toMatch(message);
  });

  it.each([
    ['containerUser', 'app'],
    ['containerUser', '1000'],
    ['containerUser', '1000:1000'],
    ['containerUser', 'www-data:App.Users_1'],
    ['hostAddress', '10.0.0.1'],
    ['hostAddress', 'fd00::1'],
    ['hostAddress', 'host-gateway'],
    ['hostName', 'db_1.Example.com'],
    ['hostName', 'host.docker.internal'],
    ['publishedPort', '10.0.0.1:53:53/udp'],
    ['size', '6144k'],
    ['volume', '/srv/a:/a:ro'],
  ] as const)('%s: %s is taken as it is', (kind, value) => {
    expect(KINDS[kind]().parse(value)).toBe(value);
  });
});
