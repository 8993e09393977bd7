import { describe, expect, test } from "vitest";
import { retry } from "../../../src/checks/retry.ts";
import type { RetryOptions } from "../../../src/checks/retry.ts";
import { pause } from "../../wait.ts";

/** Milliseconds: more than anything here takes on a machine that is busy with other things. */
const LONG = 20_000;

const options = (rest: Partial<RetryOptions> & { within?: number }): RetryOptions => ({
  deadline: performance.now() + (rest.within ?? LONG),
  signal: new AbortController().signal,
  negative: false,
  fails: false,
  settled: () => Promise.resolve(),
  overlap: true,
  ...rest,
});
/** Looks that give these answers one after another, the last one for ever. */
function script(answers: readonly boolean[]): {
  look: (attempt: number) => Promise<{ ok: boolean; got: string }>;
  count: () => number;
} {
  let count = 0;
  return {
    look: async (attempt) => {
      count++;
      await Promise.resolve();
      return { ok: answers[Math.min(attempt, answers.length - 1)] ?? false, got: `look ${attempt}` };
    },
    count: () => count,
  };
}

describe("what must work", () => {
  test("is true as soon as one look is", async () => {
    const { look, count } = script([false, false, true]);
    expect(await retry(look, options({}))).toEqual({ ok: true, got: "look 2" });
    expect(count()).toBe(3);
  });

  test("has failed at the deadline, with the last look's words", async () => {
    const started = performance.now();
    const { look, count } = script([false]);
    expect(await retry(look, options({ within: 300 }))).toMatchObject({ ok: false });
    expect(performance.now() - started).toBeGreaterThan(280);
    expect(count()).toBeGreaterThan(1);
  });

  test("is not tried again when nothing can change it", async () => {
    let count = 0;
    const final = { ok: false, got: "no address", final: true };
    expect(await retry(() => Promise.resolve((count++, final)), options({}))).toBe(final);
    expect(count).toBe(1);
  });
});

describe("what must not work", () => {
  test("an early accident does not count: two looks in a row must agree", async () => {
    const { look, count } = script([true, false, false, true, true]);
    expect(await retry(look, options({ negative: true }))).toMatchObject({ ok: true, got: "look 4" });
    expect(count()).toBe(5);
  });

  test("the last look begins after the lab has settled", async () => {
    const settled = Promise.withResolvers<void>();
    const begun: number[] = [];
    const t0 = performance.now();
    void pause(200, "the lab settles later than the first look").then(settled.resolve);
    await retry(
      () => Promise.resolve((begun.push(performance.now() - t0), { ok: true, got: "" })),
      options({ negative: true, settled: () => settled.promise }),
    );
    expect(begun).toHaveLength(2);
    expect(begun[1]).toBeGreaterThan(199);
  });

  test("silences are waited for at the same time", async () => {
    const second = Promise.withResolvers<void>();
    const silent = async (attempt: number): Promise<{ ok: boolean; got: string }> => {
      if (attempt === 1) second.resolve();
      // The first one takes until the second has begun.
      await second.promise;
      return { ok: true, got: `timeout ${attempt}` };
    };
    expect(await retry(silent, options({ negative: true }))).toEqual({ ok: true, got: "timeout 1" });
  });

  test("fails when it keeps working", async () => {
    const { look } = script([false]);
    expect(await retry(look, options({ negative: true, within: 200 }))).toMatchObject({ ok: false });
  });
});

describe("broken on purpose", () => {
  test("a failure seen three times in a row is the result", async () => {
    const { look, count } = script([false]);
    expect(await retry(look, options({ fails: true }))).toMatchObject({ ok: false });
    expect(count()).toBe(3);
  });

  test("one that works once is found out at once", async () => {
    const { look, count } = script([false, false, true]);
    expect(await retry(look, options({ fails: true }))).toMatchObject({ ok: true });
    expect(count()).toBe(3);
  });
});

test("an interrupted check ends at once", async () => {
  const abort = new AbortController();
  const { look, count } = script([false]);
  const ended = retry(look, options({ signal: abort.signal, within: Infinity }));
  abort.abort();
  expect(await ended).toMatchObject({ ok: false, got: "look 0" });
  expect(count()).toBe(1);
});
