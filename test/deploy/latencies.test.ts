import { describe, expect, it } from 'vitest';
import { addLatency, type Latencies, newLatencies, quantileMs } from '../../src/deploy/latencies.ts';

/** Half of a bucket's 2 %, and what is lost of three digits. */
const TOLERANCE = 0.01 + 0.005;

function counted(...latenciesMs: readonly number[]): Latencies {
  const latencies = newLatencies();
  for (const latencyMs of latenciesMs) addLatency(latencies, latencyMs);
  return latencies;
}

function expectNear(actualMs: number, expectedMs: number): void {
  expect(Math.abs(actualMs / expectedMs - 1), `${actualMs} for ${expectedMs}`).toBeLessThanOrEqual(TOLERANCE);
}

describe('latencies', () => {
  it('of every size are told nearly', () => {
    for (let latencyMs = 0.011; latencyMs < 3_600_000; latencyMs *= 1.0037) {
      expectNear(quantileMs(counted(latencyMs), 0.5), latencyMs);
    }
  });

  it.each([
    [0.01, 10],
    [0.5, 500],
    [0.9, 900],
    [0.99, 990],
    [0.999, 999],
    [1, 1000],
  ])('of 1 to 1000 ms, quantile %d: %d ms', (quantile, expectedMs) => {
    const inDisorder = Array.from({ length: 1000 }, (_, i) => ((i * 7) % 1000) + 1);
    expectNear(quantileMs(counted(...inDisorder), quantile), expectedMs);
  });

  it.each([
    [0.5, 1],
    [0.51, 1],
    [0.75, 1],
    [0.76, 500],
    [0.99, 500],
  ])('of 1, 1, 1 and 500 ms, quantile %d: %d ms, which the nearest rank has', (quantile, expectedMs) => {
    expectNear(quantileMs(counted(1, 500, 1, 1), quantile), expectedMs);
  });

  it.each([0.0234567, 12.3456, 123.456, 1234.56])('are told in three digits: %d ms', (latencyMs) => {
    const toldMs = quantileMs(counted(latencyMs), 0.5);
    expect(toldMs).toBe(Number(toldMs.toPrecision(3)));
  });

  it('too short or too long to tell count as the shortest and the longest', () => {
    const latencies = counted(0, 0.0001, 10 ** 9, Number.POSITIVE_INFINITY);
    expect(latencies.reduce((sum, count) => sum + count)).toBe(4);
    expectNear(quantileMs(latencies, 0.5), 0.01);
    expect(quantileMs(latencies, 1)).toBeGreaterThan(3_600_000);
  });

  it('take the same room however many they are', () => {
    const latencies = counted(...Array.from({ length: 10_000 }, (_, i) => i / 10));
    expect(latencies.byteLength).toBe(4096);
    expect(latencies.reduce((sum, count) => sum + count)).toBe(10_000);
  });
});
