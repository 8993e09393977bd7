/** Sets of addresses: `ipset`. */
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import type { RuleOwner } from "../rule-owners.ts";
import { ipsetEncoder } from "./encode.ts";
import { ipsetPlan } from "./plan.ts";

/** A set of addresses that iptables rules match with `--match-set`. */
export interface IpsetResource extends ResourceBase {
  readonly kind: "ipset";
  readonly family: Family;
  /** At most 31 characters (IPSET_MAXNAMELEN less the terminating zero). */
  readonly name: string;
  readonly type: "hash:net" | "hash:ip" | "hash:ip,port" | "hash:ip,port,ip" | "hash:ip,port,net" | "bitmap:port";
  /** Seconds after which elements expire unless they have another timeout; 0: never. Absent: elements have no timeouts. */
  readonly timeout?: number | undefined;
  /** As `ipset save` writes them, sorted: `10.0.0.0/8`, `10.1.0.2`, `10.1.0.2,tcp:80`, `30080`, `10.2.0.0/16 timeout 0 nomatch`. */
  readonly entries: readonly string[];
  /** As it is planned. */
  readonly owner?: RuleOwner | undefined;
}

export const ipsetDefinition: ResourceDefinition<IpsetResource> = {
  kind: "ipset",
  lives: "kernel",
  speed: "tool",
  // Made before the rules that use them, removed after.
  together: (action) => (action === "delete" ? "deleted" : "made"),
  metAt: "netfilter",
  script: "own",
  key: ({ name }) => [name],
  describe: ({ name, type, entries }) =>
    `ipset ${name} ${type}: ${entries.length} ${entries.length === 1 ? "entry" : "entries"}`,
  provide: ({ id, ns, name }, index) => index.addIpset(ns, name, id),
  plan: ipsetPlan,
  encode: ipsetEncoder,
};
