import { describe, expect, it } from 'vitest';
import { parseSshArguments, type SshArguments } from '../../src/inventory/ssh-arguments.ts';

describe('parseSshArguments', () => {
  it.each<[string, SshArguments]>([
    ['', {}],
    ['-J bastion', { jump: 'bastion' }],
    ['-Jalice@a:22,b', { jump: 'alice@a:22,b' }],
    ['-o ProxyJump=bastion', { jump: 'bastion' }],
    ['-o "ProxyJump bastion"', { jump: 'bastion' }],
    ["-o 'ProxyJump = bastion'", { jump: 'bastion' }],
    ['-oproxyjump=bastion', { jump: 'bastion' }],
    ['-J none', { jump: 'none' }],
    ['-J first -J second', { jump: 'first' }],
    ['-o StrictHostKeyChecking=accept-new', { hostKeyChecking: 'accept-new' }],
    ['-o StrictHostKeyChecking=yes', { hostKeyChecking: 'strict' }],
    ['-o UserKnownHostsFile=/a\\ b/known', { knownHostsFile: '/a b/known' }],
    ['-o UserKnownHostsFile="/a b/known"', { knownHostsFile: '/a b/known' }],
    ['-i ~/.ssh/deploy -l deploy -p 2222', { keyFile: '~/.ssh/deploy', user: 'deploy', port: 2222 }],
    [
      '-o IdentityFile=k -o User=u -o Port=22 -o ConnectTimeout=5',
      { keyFile: 'k', user: 'u', port: 22, connectTimeoutMs: 5000 },
    ],
    ['-o ProxyCommand="ssh -W %h:%p bastion"', { jump: 'bastion' }],
    ["-o 'ProxyCommand=ssh -q -W %h:%p -p 2222 -l alice bastion'", { jump: 'alice@bastion:2222' }],
    ['-o ProxyCommand="ssh -p 22 -v alice@bastion -W [%h]:%p"', { jump: 'alice@bastion:22' }],
    ['-C -q -vvv -o ServerAliveInterval=30 -o TCPKeepAlive=yes -o ForwardAgent=no', {}],
    ['-o ControlMaster=auto -o ControlPersist=60s -o ControlPath=~/x -o Compression=yes', {}],
  ])('%s', (text, settings) => {
    expect(parseSshArguments(text)).toEqual(settings);
  });

  it.each([
    ['-o ProxyCommand="nc %h %p"', '-o ProxyCommand other than `ssh -W %h:%p HOST` is not supported'],
    ['-o ProxyCommand="ssh bastion nc %h %p"', '-o ProxyCommand other than `ssh -W %h:%p HOST` is not supported'],
    [
      '-o ProxyCommand="ssh -i key -W %h:%p bastion"',
      '-o ProxyCommand other than `ssh -W %h:%p HOST` is not supported',
    ],
    [
      '-o ProxyCommand="ssh -W %h:%p -oProxyCommand=x"',
      '-o ProxyCommand other than `ssh -W %h:%p HOST` is not supported',
    ],
    ['-o ProxyCommand="ssh -W %h:%p -l -x bastion"', 'the value of -l must be one word that does not start with -'],
    ['-o ForwardAgent=yes', '-o ForwardAgent=yes is not supported'],
    ['-o IdentitiesOnly=yes', '-o IdentitiesOnly is not supported'],
    ['-o StrictHostKeyChecking=no', '-o StrictHostKeyChecking=no is not supported'],
    ['-o constructor=x', '-o constructor is not supported'],
    ['-o ""', '-o without NAME=VALUE is not supported'],
    ['-A', '-A is not supported'],
    ['-J', '-J lacks its value'],
    ['-p 70000', '-p must be a number from 1 to 65535'],
    ['-o ConnectTimeout=0', 'ConnectTimeout must be a number from 1 to 3600'],
    ['-J "bastion', 'a quote is not closed'],
    ["-J bas'tion", 'a quote is not closed'],
    ['bastion', 'a word that is no option is not supported'],
    ['-p 22x', '-p must be a number from 1 to 65535'],
    ['-o Port=99999999', 'Port must be a number from 1 to 65535'],
    ['-J " -oProxyCommand=x"', 'the value of -J must be one word that does not start with -'],
    ['-J a,-oProxyCommand=x', 'the value of -J must be one word that does not start with -'],
    ['-J u@-oProxyCommand=x', 'the value of -J must be one word that does not start with -'],
    ['-l -oProxyCommand=x', 'the value of -l must be one word that does not start with -'],
  ])('refuses %s', (text, message) => {
    expect(() => parseSshArguments(text)).toThrow(
      expect.objectContaining({ code: 'inventory-bad-parameter', message }),
    );
  });
});
