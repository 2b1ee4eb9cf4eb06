/** Hands out at most `count` slots at a time; who comes later waits in order. Call what you were given to free yours. */
export function slots(count: number): () => Promise<() => void> {
  let free = count;
  const waiting: (() => void)[] = [];

  function release(): void {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  }

  return async function take() {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return release;
  };
}
