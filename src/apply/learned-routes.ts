/** Routes that a daemon of the namespace writes: they are waited for, and never written. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LabRuntime } from "./runtime.ts";
import { dumpRoutes } from "../kernel/rtnl/route.ts";
import { dumpLinks } from "../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { observedRouteKey } from "../resources/observed-index.ts";
import { routeDifferences } from "../resources/route/plan.ts";
import type { RouteResource } from "../resources/route/definition.ts";

/** Milliseconds. BIRD looks at the kernel every two seconds, and at peers that do not answer every five. */
const PATIENCE = 15_000;
const LOOK_EVERY = 10;

/**
 * Resolves when all are there as they should be, all of one namespace: a route of several next hops is written by and by, as
 * peers come up. Throws which are not, and what differs.
 */
export async function awaitRoutes(routes: readonly RouteResource[], runtime: LabRuntime): Promise<void> {
  const [first] = routes;
  if (first === undefined) return;
  const rtnl = rtnlOf(runtime.netns(first.ns));
  const names = new Map(dumpLinks(rtnl).map(({ index, name }) => [index, name]));
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const there = Map.groupBy(
      dumpRoutes(rtnl, (index) => names.get(index) ?? `if${index}`),
      observedRouteKey,
    );
    const unfinished = routes.flatMap((route) => {
      const found = there.get(observedRouteKey(route)) ?? [];
      const differences = found.map((one) => routeDifferences(route, one));
      return differences.some(({ length }) => length === 0) ? [] : [{ route, differs: differences[0] }];
    });
    const [one, ...more] = unfinished;
    if (one === undefined) return;
    if (performance.now() > deadline) throw new Error(describe(one, more.length));
    await sleep(LOOK_EVERY);
  }
}

function describe(
  { route, differs }: { readonly route: RouteResource; readonly differs: readonly string[] | undefined },
  more: number,
): string {
  const { daemon, ns, to } = route;
  const what =
    differs === undefined
      ? `has not written ${to}`
      : `has written ${to}, and not as it was computed (${differs.join(", ")})`;
  const rest = more === 0 ? "" : `; nor ${more} more`;
  return `${daemon} in ${ns} ${what}${rest}: ${daemon}c show protocols, ${daemon}c show route all`;
}
