/** Which Service's endpoint answered: the built-in server says at which address and port it was reached, behind whatever proxy. */
import { canonicalAddress } from "../../net/families.ts";
import { joinHostPort, splitHostPort } from "../../net/host-port.ts";
import type { Destination } from "../../net/target.ts";
import type { Lab } from "../../lab/lab.ts";
import { clusterPrefix } from "../../net/object-ref.ts";
import type { ProbeResult } from "../../services/probe/protocol.ts";

type Service = Extract<Destination, { kind: "service" }>;

/** `10.244.1.2:80` of all its endpoints, and the Services that have each address. */
function endpointsOf(lab: Lab): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name: cluster, slices } of lab.clusters)
    for (const { namespace, service, ports, endpoints } of slices)
      for (const endpoint of endpoints)
        for (const address of endpoint.addresses)
          for (const { port } of ports) {
            if (port === undefined) continue;
            const key = joinHostPort(canonicalAddress(address), port);
            found.set(key, [...(found.get(key) ?? []), `${clusterPrefix(cluster)}${namespace}/${service}`]);
          }
  return found;
}

/** `answered by default/other (10.244.1.3:80)`; undefined: an endpoint of the Service did. */
export function answeredByAnother(lab: Lab, backend: Service, { server }: ProbeResult): string | undefined {
  if (server === undefined) return `answered by no endpoint of ${backend.text}`;
  const { address, port } = splitHostPort(server);
  const owners = endpointsOf(lab).get(joinHostPort(canonicalAddress(address), port)) ?? [];
  const { cluster, namespace, name } = backend;
  if (owners.includes(`${clusterPrefix(cluster)}${namespace}/${name}`)) return undefined;
  return owners.length === 0 ? `answered by ${server}` : `answered by ${owners.join(" and ")} (${server})`;
}
