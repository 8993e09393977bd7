/** DNS servers: sockets that the agent holds in a namespace. */
import type { DnsServerSpec } from "./zone.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Pace } from "../pace.ts";
import type { ResourceBase } from "../resource.ts";
import { dnsEdits } from "./edit.ts";
import { dnsEncoder } from "./encode.ts";
import { dnsPlan } from "./plan.ts";

/** A DNS server on UDP and TCP, run by the agent. Listens on all addresses of both families. */
export interface DnsResource extends ResourceBase, DnsServerSpec, Pace {
  readonly kind: "dns";
}

export const dnsDefinition: ResourceDefinition<DnsResource> = {
  kind: "dns",
  lives: "agent",
  speed: "netlink",
  starts: true,
  script: "comment",
  endsWithContainer: true,
  ofContainer: true,
  key: ({ port }) => [port],
  describe({ port, zones }) {
    const names = zones.map((zone) => (zone.kind === "kubernetes" ? zone.domains[0] : zone.domain));
    return `dns server on udp and tcp ${port} for ${names.join(", ")}`;
  },
  meets: ({ ns, port }, passage) => passage.arrives(ns, port),
  edits: dnsEdits,
  plan: dnsPlan,
  encode: dnsEncoder,
};
