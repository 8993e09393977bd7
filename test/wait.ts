/** How tests wait: until something is so, or, where nothing can be asked, for a time and with a reason. */
import { setTimeout as sleep } from "node:timers/promises";

/** Looks every `every` ms until `done`, `within` ms at most; the last that it saw, which the caller judges. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  done: (seen: T) => boolean,
  { within = 10_000, every = 20 }: { readonly within?: number; readonly every?: number } = {},
): Promise<T> {
  for (const until = performance.now() + within; ;) {
    const seen = await look();
    if (done(seen) || performance.now() > until) return seen;
    await sleep(every);
  }
}

/** A fixed wait, and why no event or state can be waited for. test/unit/scripts/waits.test.ts lists who may. */
export async function pause(milliseconds: number, _why: string): Promise<void> {
  await sleep(milliseconds);
}
