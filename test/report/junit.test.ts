import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { junitXml, writeJunit } from '../../src/report/junit.ts';
import { trialResult } from './trials.ts';

describe('junitXml', () => {
  it('has a suite for each test, and a case for each step', () => {
    expect(
      junitXml([trialResult(), trialResult({ scenario: 'empty', steps: [], durationMs: 1 })]),
    ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="provision test" tests="4" failures="1" errors="0" skipped="1" time="3.453">
  <testsuite name="motd on debian:12.5" tests="4" failures="1" errors="0" skipped="1" time="3.452" timestamp="2026-11-21T10:11:12">
    <testcase classname="motd.debian:12_5" name="host" time="3.120">
      <system-out>root@172.17.0.3:22</system-out>
    </testcase>
    <testcase classname="motd.debian:12_5" name="apply again" time="0.312">
      <system-out>0 changed</system-out>
    </testcase>
    <testcase classname="motd.debian:12_5" name="assert: cat &quot;/etc/motd&quot; &lt;\\x07" time="0.020">
      <failure type="test-failed" message="it printed &quot;&lt;b&gt;&quot; &amp; more">error: it printed &quot;&lt;b&gt;&quot; &amp; more
  why    expected:
           ]]&gt;
         it printed:
           red\\x00
  do     Correct the role.
  code   test-failed, see docs/errors.md#test-failed</failure>
    </testcase>
    <testcase classname="motd.debian:12_5" name="drift" time="0.000">
      <skipped/>
    </testcase>
  </testsuite>
  <testsuite name="empty on debian:12.5" tests="0" failures="0" errors="0" skipped="0" time="0.001" timestamp="2026-11-21T10:11:12">
  </testsuite>
</testsuites>
`);
  });

  it('holds nothing that XML cannot', () => {
    const name = 'a\u0000b\ud800c\uffffd\ne\tf\u2028';
    const xml = junitXml([trialResult({ steps: [{ name, status: 'passed', durationMs: 0 }] })]);
    expect(xml).toContain('name="a\\x00b\ufffdc\ufffdd&#10;e&#9;f\\u2028"');
    expect(xml).not.toMatch(/[^\t\n\x20-\ud7ff\ue000-\ufffd]/);
  });

  it('is written, or it is told why not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'junit-'));
    writeJunit(join(folder, 'a.xml'), [trialResult()]);
    expect(readFileSync(join(folder, 'a.xml'), 'utf8')).toBe(junitXml([trialResult()]));
    expect(() => writeJunit(folder, [])).toThrow(
      expect.objectContaining({ code: 'report-unwritable', location: folder }),
    );
    rmSync(folder, { recursive: true });
  });
});
