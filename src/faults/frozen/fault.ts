/** frozen: kube-proxy, the network plugin, or what enforces policies, has stopped on a node: its rules stay as they are while the cluster changes. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { target } from "../../syntax/scalar.ts";
import type { Resource } from "../../resources/resource.ts";
import { defineFault } from "../kind.ts";
import type { FaultPlace } from "../places.ts";
import { DAEMONS, madeBy, withKept, type Daemon } from "./made-by.ts";

interface FrozenDocument {
  readonly at: string;
  readonly daemon: Daemon;
}

interface Frozen {
  readonly place: FaultPlace;
  readonly daemon: Daemon;
  /** What it had made when it stopped. */
  readonly kept?: readonly Resource[] | undefined;
}

const NAMES = {
  "kube-proxy": "kube-proxy",
  policy: "what enforces policies",
  cni: "the network plugin's daemon",
} as const satisfies Record<Daemon, string>;

export const frozen = defineFault<FrozenDocument, Frozen>({
  kind: "frozen",
  lesson:
    "The daemon has stopped, nothing of what it made is taken away: new endpoints, Services, policies and pods are not followed on this node, old ones still are. Undone, it catches up at once.",
  schema: lazy(() =>
    z.strictObject({
      at: target.describe("A node"),
      daemon: z
        .enum(DAEMONS)
        .describe(
          "kube-proxy: Services; cni: the network plugin's routes and tunnel entries for other nodes, and its masquerading; policy: NetworkPolicies, whether the network plugin's own daemon enforces them or another",
        ),
    }),
  ),
  resolve: ({ at: text, daemon }, places) => ({ place: places.node(text), daemon }),
  keep: (settings, resources) => ({
    ...settings,
    kept: resources.filter(({ ns }) => ns === settings.place.ns).flatMap((one) => madeBy(one, settings.daemon) ?? []),
  }),
  describe: ({ place, daemon }) => `${NAMES[daemon]} on ${place.text} has stopped`,
  inject: ({ place, daemon, kept = [] }, { resources }) => withKept(resources, place.ns, daemon, kept),
  draw: ({ text, is, random }) =>
    is === "node" ? { at: text, daemon: DAEMONS[Math.floor(random() * DAEMONS.length)] ?? "cni" } : undefined,
});
