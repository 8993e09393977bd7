/** Routes that a daemon of the namespace writes: they are waited for, and never written. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LabRuntime } from "./runtime.ts";
import { dumpRoutes } from "../kernel/rtnl/route.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { observedRouteKey } from "../resources/observed-index.ts";
import type { RouteResource } from "../resources/route/definition.ts";

/** Milliseconds. BIRD looks at the kernel every two seconds, and at peers that do not answer every five. */
const PATIENCE = 15_000;
const LOOK_EVERY = 10;

/** Resolves when all are there: of one namespace. Throws which are not. */
export async function awaitRoutes(routes: readonly RouteResource[], runtime: LabRuntime): Promise<void> {
  const [first] = routes;
  if (first === undefined) return;
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const there = new Set(dumpRoutes(rtnlOf(runtime.netns(first.ns)), String).map(observedRouteKey));
    const missing = routes.filter((route) => !there.has(observedRouteKey(route)));
    const [one, ...more] = missing;
    if (one === undefined) return;
    if (performance.now() > deadline)
      throw new Error(
        `${one.daemon} in ${one.ns} has not written ${one.to}${more.length === 0 ? "" : ` and ${more.length} more`}: ${one.daemon}c show protocols, ${one.daemon}c show route all`,
      );
    await sleep(LOOK_EVERY);
  }
}
