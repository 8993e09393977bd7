/** What FROM, TO and PORT of `policy explain` mean. */
import { UsageError } from "../../errors.ts";
import { parseAddress } from "../../model/address.ts";
import type { ClusterModel } from "../../model/cluster.ts";
import type { Lab } from "../../model/lab.ts";
import type { PolicyWorld } from "../../model/network-policy.ts";
import { podAt } from "../../model/policy-oracle.ts";
import type { PolicyEndpoint, PolicyPacket } from "../../model/policy-oracle.ts";
import { resolveTarget } from "../../model/select.ts";

export interface NamedEndpoint extends PolicyEndpoint {
  readonly text: string;
}

/** `pod/NAME`, `NAMESPACE/NAME` (a pod or a workload), a target as elsewhere, or an address. */
export function resolveEndpoint(lab: Lab, cluster: ClusterModel, text: string): NamedEndpoint {
  if (parseAddress(text) !== undefined) return { text, address: text };
  const [namespace = "", name = ""] = text.includes("/") ? text.split("/", 2) : ["default", text];
  const own = cluster.pods.filter((pod) => pod.namespace === namespace);
  const plain =
    own.find((pod) => pod.name === name) ??
    own.find((pod) => pod.owner?.name === name) ??
    own.find((pod) => pod.name === `${name}-0`);
  const isWord = /^(pod|pods|deploy|deployment|deployments|rs|replicaset|replicasets)\//.test(text);
  if (plain !== undefined && !isWord) {
    return {
      text: `${plain.namespace}/${plain.name}`,
      pod: { namespace: plain.namespace, name: plain.name },
      address: plain.address.ipv4 ?? plain.address.ipv6 ?? "",
    };
  }
  const target = resolveTarget(lab, text);
  return {
    text: target.pod === undefined ? text : `${target.pod.namespace}/${target.pod.name}`,
    pod: target.pod,
    address: target.addresses.ipv4 ?? target.addresses.ipv6 ?? "",
  };
}

const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;

/** `80`, `53/udp`, `udp/53`, or the name of one of the destination's ports. */
export function resolvePort(
  text: string,
  world: PolicyWorld,
  to: NamedEndpoint,
): Pick<PolicyPacket, "protocol" | "port"> {
  const parts = text.toLowerCase().split(/[/:]/);
  const word = parts.find((part): part is keyof typeof PROTOCOLS => Object.hasOwn(PROTOCOLS, part));
  const protocol = word === undefined ? undefined : PROTOCOLS[word];
  const rest = parts.filter((part) => part !== word).join("/");
  if (/^\d+$/.test(rest)) {
    const port = Number(rest);
    if (port < 1 || port > 65535) throw new UsageError(`${port} is no port`, "ports are 1 to 65535");
    return { protocol: protocol ?? "TCP", port };
  }
  const pod = podAt(world, to);
  const named = pod?.ports.find((port) => port.name === rest && (protocol === undefined || port.protocol === protocol));
  if (named !== undefined) return { protocol: named.protocol, port: named.port };
  const names = pod?.ports.flatMap(({ name, port, protocol: p }) => `${name ?? port}/${p.toLowerCase()}`) ?? [];
  throw new UsageError(
    `"${text}" is no port of ${to.text}`,
    `write a number, 53/udp, or a port's name${names.length === 0 ? "" : `; there are ${names.join(", ")}`}`,
  );
}
