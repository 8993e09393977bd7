/** What netem would do, done by the agent: for kernels that lack it. */
import { sha1 } from "../../net/digest.ts";
import type { ResourceDefinition } from "../definition.ts";
import { describeNetem } from "../netem/describe.ts";
import type { Netem } from "../netem/definition.ts";
import type { ResourceBase } from "../resource.ts";
import { canonicalSysctl } from "../sysctl-key.ts";
import { relayEncoder } from "./encode.ts";
import { relayPlan } from "./plan.ts";

export interface RelayResource extends ResourceBase, Netem {
  readonly kind: "relay";
  /** What it gives out is impaired. */
  readonly dev: string;
}

/** Names of devices have 15 characters at most (IFNAMSIZ). */
const LONGEST = 15;
const PREFIX = "relay-";

/** Of its device and of its table of nftables, in the namespace of `dev`. */
export function relayName(dev: string): string {
  const room = LONGEST - PREFIX.length;
  return `${PREFIX}${dev.length <= room ? dev : sha1(dev).toString("hex").slice(0, room)}`;
}

/** The sysctl without which the kernel would announce itself on it. */
export function withoutIpv6(dev: string): string {
  return canonicalSysctl(`net/ipv6/conf/${relayName(dev)}/disable_ipv6`);
}

export const relayDefinition: ResourceDefinition<RelayResource> = {
  kind: "relay",
  lives: "agent",
  speed: "netlink",
  script: "comment",
  key: ({ dev }) => [dev],
  describe: (relay) => `relay dev ${relay.dev}: ${describeNetem(relay)}`,
  devices: ({ ns, dev }) => [{ ns, name: relayName(dev), kind: "relay", lower: dev }],
  lesson: () =>
    "Made by a fault: packets that the lower device sends come here, are held by the agent, and leave through that device later.",
  provide({ id, ns }, index) {
    index.addRules(ns, id);
  },
  own({ dev }, own) {
    own.sysctls.set(withoutIpv6(dev), "1");
    own.tables.add(`netdev ${relayName(dev)}`);
  },
  meets: ({ ns, dev }, passage) => passage.passes(ns, dev),
  requirements: () => [{ use: "a relay in place of netem", feature: "nft netdev", module: "nf_tables" }],
  hooks: ({ dev }) => [{ device: dev, direction: "out" }],
  plan: relayPlan,
  encode: relayEncoder,
};
