/** Links of the raw layer that lead out of the lab, in containerlab's words: `host:NAME` and `macvlan:DEVICE`. */
import { addTo } from "../append.ts";
import type { Scope } from "../syntax/scope.ts";
import type { DeviceTable } from "./device-table.ts";
import type { TopologyDocument } from "./schema.ts";
import type { Spec, TopologyEndpoint } from "./topology.ts";

export const INTERFACE_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.@-]{1,15}$/;
const OUTSIDE: ReadonlySet<string> = new Set(["host", "macvlan"]);

/** Where the lab has no node of that name. */
export function isOnHost(text: string, devices: ReadonlyMap<string, DeviceTable>): boolean {
  const [key = ""] = text.split(":", 1);
  return OUTSIDE.has(key.trim()) && !devices.has(key.trim());
}

/** By node: each is a device of the node at its other end. */
export function resolveHostLinks(
  docs: NonNullable<TopologyDocument["links"]>,
  context: {
    readonly devices: ReadonlyMap<string, DeviceTable>;
    readonly refuseHostLinks?: boolean | undefined;
    /** Nodes in spec.topology.nodes. */
    readonly listed: ReadonlySet<string>;
    endpoint(text: string, place: Scope): TopologyEndpoint | undefined;
    readonly scope: Scope;
  },
): ReadonlyMap<string, readonly Spec<"hostlink">[]> {
  const found = new Map<string, Spec<"hostlink">[]>();
  const names = new Set<string>();
  for (const [i, { endpoints, mtu }] of docs.entries()) {
    const at = endpoints.findIndex((text) => isOnHost(text, context.devices));
    if (at < 0) continue;
    const place = context.scope.at(i);
    const [outside, inside] = [place.at("endpoints", at), place.at("endpoints", 1 - at)];
    const [word = "", host = ""] = (endpoints[at] ?? "").split(":").map((part) => part.trim());
    const other = endpoints[1 - at] ?? "";
    if (isOnHost(other, context.devices)) {
      inside.error("both ends are on the host", "one end is a node of the lab");
      continue;
    }
    const own = context.endpoint(other, inside);
    if (context.refuseHostLinks === true)
      outside.error(
        `"${word}:${host}" is a device of this host: the link would leave the lab`,
        "--allow-host-links allows it (root only, not in containers); otherwise declare a node of that name",
      );
    else if (!INTERFACE_NAME.test(host))
      outside.error(`${JSON.stringify(host)} cannot name an interface`, "Linux takes at most 15 characters");
    else if (word === "host" && names.has(host))
      outside.error(`the host's ${host} comes twice`, "each end needs a name of its own");
    else {
      if (word === "host") names.add(host);
      if (own === undefined) continue;
      if (!context.listed.has(own.node)) {
        inside.error(
          `${own.node} has a link to the host and is not in spec.topology.nodes`,
          `add it: nodes: { ${own.node}: {} }`,
        );
        continue;
      }
      addTo(found, own.node, {
        kind: "hostlink",
        name: own.interface,
        type: word === "host" ? "veth" : "macvlan",
        host,
        up: true,
        ...(mtu === undefined ? {} : { mtu }),
        cause: place.cause(`spec.topology.links[${i}]`, `link ${own.node}:${own.interface} to the host's ${host}`),
      });
    }
  }
  return found;
}
