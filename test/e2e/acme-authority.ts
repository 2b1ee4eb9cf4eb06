/**
 * A certificate authority on a throwaway host: Let's Encrypt's own test server, pebble, and a name server beside it, which
 * knows the names that it is told. Both come from Debian.
 */
import type { LabHost } from '../lab/host.ts';

/** It issues nothing for this name. */
export const BLOCKED_NAME = 'blocked.test';
export const DIRECTORY = 'https://localhost:14000/dir';
const NAMES_PORT = 8055;
const FOLDER = '/root/authority';

const PEBBLE = {
  pebble: {
    listenAddress: '127.0.0.1:14000',
    managementListenAddress: '127.0.0.1:15000',
    certificate: `${FOLDER}/authority.crt`,
    privateKey: `${FOLDER}/authority.key`,
    // Where the questions go that prove a name, as those of true authorities do.
    httpPort: 80,
    tlsPort: 443,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
    domainBlocklist: [BLOCKED_NAME],
    retryAfter: { authz: 1, order: 1 },
    certificateValidityPeriod: 90 * 86_400,
  },
};

export interface Authority {
  /** Has the name lead to these addresses; to none at all where there are none. */
  point(name: string, addresses: readonly string[]): Promise<void>;
  /** How many orders have come in so far. */
  orders(): Promise<number>;
}

/** The host must have the package pebble. From here on it asks the authority's name server alone. */
export async function startAuthority(host: LabHost): Promise<Authority> {
  const { code, stderr } = await host.exec(`
    set -e
    mkdir -p ${FOLDER}
    cd ${FOLDER}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=authority \\
      -addext subjectAltName=DNS:localhost -keyout authority.key -out authority.crt 2>/dev/null
    cp authority.crt /usr/local/share/ca-certificates/authority.crt
    update-ca-certificates >/dev/null 2>&1
    echo '${JSON.stringify(PEBBLE)}' >pebble.json
    # From 2.5 on it wants a certificate for DNS over HTTPS, unless that is turned off.
    doh=$(pebble-challtestsrv -help 2>&1 | sed -n 's/^  -doh .*/-doh=/p')
    systemd-run -q --unit names pebble-challtestsrv $doh -defaultIPv4 '' -defaultIPv6 '' -dns01 127.0.0.1:53 \\
      -http01 '' -https01 '' -tlsalpn01 '' -management 0.0.0.0:${NAMES_PORT}
    systemd-run -q --unit authority -E PEBBLE_VA_NOSLEEP=1 pebble -config ${FOLDER}/pebble.json -dnsserver 127.0.0.1:53
    echo 'nameserver 127.0.0.1' >/etc/resolv.conf
    for i in $(seq 100); do
      ss -Hltn 'sport = :14000' | grep -q . && ss -Hltn 'sport = :${NAMES_PORT}' | grep -q . && exit
      sleep 0.1
    done
    journalctl -u names -u authority >&2
    exit 1`);
  if (code !== 0) throw new Error(`the authority does not start: ${stderr}`);

  async function tell(what: string, body: object): Promise<void> {
    const url = `http://${host.address}:${NAMES_PORT}/${what}`;
    const { ok, status } = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    if (!ok) throw new Error(`${url}: ${status}`);
  }

  return {
    async point(name, addresses) {
      await tell('clear-a', { host: `${name}.` });
      if (addresses.length > 0) await tell('add-a', { host: `${name}.`, addresses });
    },
    async orders() {
      const { stdout } = await host.exec('journalctl -u authority -o cat | grep -c "POST /order-plz" || :');
      return Number(stdout);
    },
  };
}
