/** Addresses of devices. */
import type { Family } from "../../net/family.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { addrEncoder } from "./encode.ts";
import { addrPlan } from "./plan.ts";

export interface AddrResource extends ResourceBase {
  readonly kind: "addr";
  readonly dev: string;
  /** With prefix length, canonical: `10.244.0.1/24`, `fd00::1/64`. */
  readonly address: string;
  readonly family: Family;
  readonly scope?: "global" | "link" | "host" | undefined;
  /** False: the kernel makes no route to the address's prefix (`noprefixroute`, ip-address(8)). */
  readonly prefixRoute?: false | undefined;
  /** What made it took the kernel's route to the prefix away, as CNI's ptp does. */
  readonly routeRemoved?: true | undefined;
}

export const addrDefinition: ResourceDefinition<AddrResource> = {
  kind: "addr",
  lives: "kernel",
  speed: "netlink",
  listed: ["route", "addr"],
  planned: "byDevice",
  script: "own",
  key: ({ dev, address }) => [dev, address],
  describe: ({ address, dev }) => `addr ${address} dev ${dev}`,
  addresses: ({ ns, dev, address, family }) => [{ ns, dev, address, family }],
  provide: (addr, index) => index.addAddress(addr),
  own: ({ dev, address }, own) => own.addAddress(dev, address),
  // net.ipv6.conf.DEV.keep_addr_on_down, ip-sysctl.rst.
  goesWithLink: ({ dev, family }, device) => dev === device && family === "ipv6",
  meets: ({ ns, dev, address }, passage) => passage.passes(ns, dev) || passage.concerns(address.split("/")[0] ?? ""),
  plan: addrPlan,
  encode: addrEncoder,
};
