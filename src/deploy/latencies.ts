/** Latencies of any number of requests, in little room. */

/** Buckets, each 2 % wider than the last, from 0.01 ms up to an hour: 4 KiB however long it takes. */
const BUCKETS = 1024;
const BUCKET_GROWTH = 1.02;
const LEAST_LATENCY_MS = 0.01;

/** How many were counted in each bucket. */
export type Latencies = Uint32Array;

export function newLatencies(): Latencies {
  return new Uint32Array(BUCKETS);
}

export function addLatency(latencies: Latencies, latencyMs: number): void {
  const bucket = Math.ceil(Math.log(latencyMs / LEAST_LATENCY_MS) / Math.log(BUCKET_GROWTH));
  const index = Math.min(Math.max(bucket, 0), BUCKETS - 1);
  latencies[index] = (latencies[index] ?? 0) + 1;
}

/** The latency that so many of them did not exceed (nearest rank): the middle of its bucket. */
export function quantileMs(latencies: Latencies, quantile: number): number {
  const rank = Math.ceil(quantile * latencies.reduce((sum, count) => sum + count, 0));
  let seen = 0;
  const bucket = latencies.findIndex((count) => {
    seen += count;
    return seen >= rank;
  });
  const latencyMs = LEAST_LATENCY_MS * BUCKET_GROWTH ** (bucket - 0.5);
  return Number(latencyMs.toPrecision(3));
}
