/** pod-stopped: the processes of a pod are stopped and can continue later. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { defineFault } from "../kind.ts";
import { runsIn, type FaultPlace } from "../places.ts";

export const podStopped = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "pod-stopped",
  lesson:
    "What SIGSTOP does to a pod's servers and processes: the kernel still completes connections and acknowledges data, but nothing answers. A readiness probe that expects an answer takes the pod out of its Services; one that only connects does not. Once undone, pending requests are answered.",
  schema: lazy(() => z.strictObject({ at: target.describe("pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1") })),
  resolve: ({ at: text }, places) => ({ place: places.pod(text) }),
  describe: ({ place }) => `what runs in ${place.text} is stopped`,
  inject: ({ place }, { resources }) => resources.map((one) => (runsIn(one, place) ? { ...one, stopped: true } : one)),
  draw: ({ text, is }) => (is === "pod" ? { at: text } : undefined),
});
