/** pod-killed: the containers of a pod have exited, and do not come back. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import { defineFault } from "../kind.ts";
import { runsIn, type FaultPlace } from "../places.ts";

export const podKilled = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "pod-killed",
  lesson:
    "The pod's servers and processes have ended, its network stays: connections are refused, pings are answered. A readiness probe, if it has one, takes it out of its Services.",
  schema: lazy(() => z.strictObject({ at: target.describe("pod/NAME, pod/NAMESPACE/NAME, deploy/NAME#1") })),
  resolve: ({ at: text }, places) => ({ place: places.pod(text) }),
  describe: ({ place }) => `nothing runs in ${place.text}`,
  inject: ({ place }, { resources }) => resources.filter((one) => !runsIn(one, place)),
  draw: ({ text, is }) => (is === "pod" ? { at: text } : undefined),
});
