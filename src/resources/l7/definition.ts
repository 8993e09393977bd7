/** Layer 7 proxies: ports in a namespace, served by the lab's data plane as a routing table says. */
import type { RoutingTable } from "../../routing/model.ts";
import type { ResourceDefinition } from "../definition.ts";
import type { Pace } from "../pace.ts";
import type { ResourceBase } from "../resource.ts";
import { l7Encoder } from "./encode.ts";
import { l7Plan } from "./plan.ts";

export interface L7Resource extends ResourceBase, Pick<Pace, "stopped"> {
  readonly kind: "l7";
  /** What a user calls it: `ingress-nginx`, a Gateway's name. */
  readonly name: string;
  readonly table: RoutingTable;
  /** Those that the table names, by id. */
  readonly certificates: Readonly<Record<string, L7Certificate>>;
}

/** `selfSigned`: its subject; the data plane makes one, as controllers do that have no other. */
export type L7Certificate = GivenCertificate | { readonly selfSigned: string };

interface GivenCertificate {
  /** PEM: the certificate, then those that lead to its authority. */
  readonly certificate: string;
  /** PEM. It is never written to a file: an agent that takes the lab over does not have it. */
  readonly key?: string | undefined;
  /** In place of the key: where the agent reads it. */
  readonly keyFile?: string | undefined;
}

export function isL7(resource: { readonly kind: string }): resource is L7Resource {
  return resource.kind === "l7";
}

export const l7Definition: ResourceDefinition<L7Resource> = {
  kind: "l7",
  lives: "agent",
  speed: "tool",
  starts: true,
  ofContainer: true,
  metAt: "socket",
  script: "comment",
  endsWithContainer: true,
  key: ({ name }) => [name],
  describe({ name, table }) {
    const ports = table.ports.map(({ transport, port }) => `${transport} ${port}`);
    return `proxy ${name} on ${ports.join(", ") || "no port"}`;
  },
  takes: ({ name }) => `by the proxy ${name}, which connects to a backend itself: another packet, not followed here`,
  meets: ({ ns, table }, passage) => table.ports.some(({ port }) => passage.arrives(ns, port)),
  stored: (resource) => ({ ...resource, certificates: withoutKeys(resource.certificates) }),
  plan: l7Plan,
  encode: l7Encoder,
};

function withoutKeys(certificates: L7Resource["certificates"]): L7Resource["certificates"] {
  return Object.fromEntries(
    Object.entries(certificates).map(([id, one]): [string, L7Certificate] => {
      if ("selfSigned" in one) return [id, one];
      const { certificate, keyFile } = one;
      return [id, { certificate, ...(keyFile === undefined ? {} : { keyFile }) }];
    }),
  );
}
