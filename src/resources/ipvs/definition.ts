/** Virtual servers of a namespace: `ipvsadm`. */
import type { Cause } from "../../cause.ts";
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { ipvsEncoder } from "./encode.ts";
import { ipvsPlan } from "./plan.ts";

/** All virtual servers of one family, as ipvsadm saves them (`ipvsadm -S -n`); any others are removed. */
export interface IpvsResource extends ResourceBase {
  readonly kind: "ipvs";
  readonly family: Family;
  /** `-A -t 10.96.0.1:443 -s rr`, followed by its real servers: `-a -t 10.96.0.1:443 -r 10.1.0.2:6443 -m -w 1`. */
  readonly lines: readonly { readonly text: string; readonly cause: Cause }[];
}

/** Shown for a virtual server's step in place of a rule's table. */
export const IPVS_TABLE = "ipvs";

export const ipvsDefinition: ResourceDefinition<IpvsResource> = {
  kind: "ipvs",
  lives: "kernel",
  speed: "tool",
  metAt: "netfilter",
  script: "own",
  key: ({ family }) => [family],
  describe({ family, lines }) {
    const servers = lines.filter(({ text }) => text.startsWith("-A ")).length;
    return `ipvs (${family}): ${servers} virtual servers, ${lines.length - servers} real servers`;
  },
  heading: ({ family }) => `ipvs (${family})`,
  provide: ({ id, ns, family }, index) => index.addProxy(ns, family, id),
  ruleCause: ({ lines }, { table, rule }) =>
    table === IPVS_TABLE ? lines.find(({ text }) => text === rule)?.cause : undefined,
  translates: ({ family }) => [family],
  requirements: () => [
    {
      use: "Services by IPVS",
      feature: "ipvs",
      module: "ip_vs",
      program: { name: "ipvsadm", package: "ipvsadm" },
    },
  ],
  plan: ipvsPlan,
  encode: ipvsEncoder,
};
