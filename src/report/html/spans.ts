/** Where the time of a host went, made from its events. Pure. */
import type { RunMode } from '../../engine/events.ts';
import type { TimedEvent } from '../run-record.ts';
import type { SpanData, SpanKind } from './page-data.ts';

/** Steps that take a smaller part of the whole are shown together: nobody could see or point at one of them. */
const SMALLEST_PART = 1 / 500;

interface OpenSpan {
  readonly kind: SpanKind;
  readonly startMs: number;
  readonly what?: number | string | undefined;
}

export interface Spans {
  /** An event of the host, and when it came on the time line. @param resource index of the step's resource */
  handle(event: TimedEvent, atMs: number, resource?: number): void;
  /** All of them, short steps joined. */
  finish(endMs: number): readonly SpanData[];
}

export function newSpans(): Spans {
  const spans: SpanData[] = [];
  let open: OpenSpan | undefined;

  function begin(kind: SpanKind, startMs: number, what?: number | string): void {
    end(startMs);
    open = { kind, startMs, what };
  }

  function end(atMs: number): void {
    if (open === undefined) return;
    const { kind, startMs, what } = open;
    const [start, length] = [Math.round(startMs), Math.max(0, Math.round(atMs - startMs))];
    spans.push(what === undefined ? [kind, start, length] : [kind, start, length, what]);
    open = undefined;
  }

  return {
    handle(event, atMs, resource) {
      switch (event.type) {
        case 'run-started':
        case 'host-ready':
          return begin('q', atMs);
        case 'host-connecting':
          return begin('l', atMs);
        case 'host-connected':
          return begin('p', atMs);
        case 'host-waiting':
          return begin('w', atMs, event.text);
        case 'step-started':
          return begin('s', atMs, resource);
        case 'host-planned':
        case 'step-finished':
        case 'host-finished':
        case 'run-finished':
          return end(atMs);
      }
    },
    finish(endMs) {
      end(endMs);
      return joinShort(spans, endMs * SMALLEST_PART);
    },
  };
}

/** Waits that nobody could see are left out; short steps in a row become one span with their number. */
function joinShort(spans: readonly SpanData[], leastMs: number): readonly SpanData[] {
  const joined: SpanData[] = [];
  for (const span of spans) {
    const [kind, start, length] = span;
    const isShort = length < leastMs;
    const last = joined.at(-1);
    if (kind === 'q' && isShort) continue;
    if (kind !== 's' || !isShort) {
      joined.push(span);
      continue;
    }
    if (last?.[0] === 'm') joined[joined.length - 1] = ['m', last[1], start + length - last[1], Number(last[3]) + 1];
    else joined.push(['m', start, length, 1]);
  }
  return joined;
}

/** The time line of several runs of one command, one right after the other: how long a question took is not shown. */
export function newTimeLine(): { place(event: TimedEvent): number; readonly endMs: number; readonly mode: RunMode } {
  let shiftMs: number | undefined;
  let endedMs: number | undefined;
  let endMs = 0;
  let mode: RunMode = 'plan';
  return {
    place(event) {
      shiftMs ??= event.atMs;
      if (event.type === 'run-started') {
        if (endedMs !== undefined) shiftMs += event.atMs - endedMs;
        mode = event.mode;
      }
      if (event.type === 'run-finished') endedMs = event.atMs;
      const atMs = event.atMs - shiftMs;
      endMs = Math.max(endMs, atMs);
      return atMs;
    },
    get endMs() {
      return endMs;
    },
    get mode() {
      return mode;
    },
  };
}
