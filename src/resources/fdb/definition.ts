/** Static forwarding entries of bridge ports and VXLANs. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { fdbEncoder } from "./encode.ts";
import { fdbPlan } from "./plan.ts";

/** A static forwarding entry on a bridge port (`master`) or a VXLAN device (`self`, with `dst`). */
export interface FdbResource extends ResourceBase {
  readonly kind: "fdb";
  readonly dev: string;
  readonly mac: string;
  /** Remote VTEP; VXLAN only. */
  readonly dst?: string | undefined;
}

export const fdbDefinition: ResourceDefinition<FdbResource> = {
  kind: "fdb",
  lives: "kernel",
  speed: "netlink",
  listed: ["fdb"],
  metAt: "forwarding",
  script: "own",
  key: (fdb) => [fdbKey(fdb)],
  describe: ({ mac, dev, dst }) => `fdb ${mac} dev ${dev}${dst === undefined ? "" : ` dst ${dst}`}`,
  heading: (_resource, described) => described,
  tunnelEntry: ({ ns, dev, dst }) => (dst === undefined ? undefined : { ns, device: dev, remote: dst }),
  provide: ({ id, ns }, index) => index.addRules(ns, id),
  own: ({ dev, mac, dst }, own) => void own.fdb.add(`${dev} ${mac} ${dst ?? ""}`),
  meets: ({ ns, dev }, passage) => passage.passes(ns, dev),
  plan: fdbPlan,
  encode: fdbEncoder,
};

/** A VXLAN forwards one MAC to one remote; only the all-zero MAC (flooding) has several. */
export function fdbKey({ dev, mac, dst }: Pick<FdbResource, "dev" | "mac" | "dst">): string {
  return mac === "00:00:00:00:00:00" ? `${dev}:${mac}:${dst ?? ""}` : `${dev}:${mac}`;
}
