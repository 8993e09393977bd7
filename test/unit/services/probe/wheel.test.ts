import fc from "fast-check";
import { expect, it } from "vitest";
import { Wheel } from "../../../../src/services/probe/wheel.ts";

it("the wheel expires each item once, not before its deadline and soon after it", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 40 }), (delays) => {
      const wheel = new Wheel<{ deadline: number; finished: boolean }>(1000);
      const items = delays.map((delay, i) => ({ deadline: 1000 + delay, finished: i % 5 === 4 }));
      for (const item of items) wheel.add(item);
      const expired = new Map<object, number>();
      for (let now = 1000; now <= 22_000;) {
        const isDue = wheel.isDue(now);
        wheel.due(now, (item) => {
          expect(isDue).toBe(true);
          expect(expired.has(item)).toBe(false);
          expired.set(item, now);
        });
        const wait = wheel.wait(now);
        if (wait === Infinity) break;
        now += wait;
      }
      for (const item of items) {
        if (item.finished) expect(expired.has(item)).toBe(false);
        else
          expect((expired.get(item) ?? Infinity) - item.deadline).toSatisfy((late: number) => late >= 0 && late <= 17);
      }
    }),
  );
});
