/** pod-slow: a pod has been restarted, and takes its time. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { parseDuration } from "../../syntax/quantity.ts";
import { duration, target } from "../../syntax/scalar.ts";
import type { Resource } from "../../resources/resource.ts";
import { watchesOf } from "../../resources/watch/definition.ts";
import { defineFault } from "../kind.ts";
import { runsIn, type FaultPlace } from "../places.ts";

interface Slow {
  readonly place: FaultPlace;
  /** `NAMESPACE/NAME`, whose probes are meant. */
  readonly pod: string;
  /** Milliseconds. */
  readonly needs: number;
}

const NEEDS = 20_000;

export const podSlow = defineFault<{ readonly at: string; readonly needs?: string | number | undefined }, Slow>({
  kind: "pod-slow",
  lesson:
    "The pod's containers have been restarted and start listening only after a while. A pod with a readiness probe is not ready in the meantime, and its endpoints follow: removed at once, back when the probe succeeds. A pod without one counts as ready: its Services send it connections, which are refused. Once undone, it listens at once.",
  schema: lazy(() =>
    z.strictObject({
      at: target.describe("pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1"),
      needs: duration.optional().describe("How long it takes until it listens, default 20s"),
    }),
  ),
  resolve({ at: text, needs }, places) {
    const place = places.pod(text);
    return { place, pod: place.ns, needs: needs === undefined ? NEEDS : (parseDuration(needs) ?? NEEDS) };
  },
  describe: ({ place, needs }) => `${place.text} takes ${needs / 1000} s to start`,
  inject({ place, pod, needs }, { resources }) {
    const probes = watchesOf(resources, "pod").filter(({ subject }) => subject.name === pod);
    const meant = new Set<Resource>([...probes, ...resources.filter((one) => runsIn(one, place))]);
    return resources.map((one) => (meant.has(one) ? { ...one, slow: needs } : one));
  },
  draw: ({ text, is }) => (is === "pod" ? { at: text, needs: "3s" } : undefined),
});
