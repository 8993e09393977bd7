/** What FROM, TO and PORT of `policy explain` mean. */
import { UsageError } from "../../errors.ts";
import { parseAddress } from "../../net/address.ts";
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Target } from "../../net/target.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { clusterPrefix, objectKey, splitCluster } from "../../net/object-ref.ts";
import { podAt, type PolicyEndpoint, type PolicyPacket } from "../../oracle/policy/policy-oracle.ts";
import { podText, resolveTarget, targetIndex } from "../../targets/parse-target.ts";
import { isProblem } from "../../targets/in-clusters.ts";
import { findService, isServiceText, serviceText } from "../../targets/service-target.ts";
import type { ServiceModel } from "../../kube/service/service.ts";

export interface NamedEndpoint extends PolicyEndpoint {
  readonly text: string;
  /** The place that it is; absent: a literal address. */
  readonly target?: Target | undefined;
}

function endpointOf(target: Target): NamedEndpoint {
  const { pod, addresses, text } = target;
  return {
    text: pod === undefined ? text : objectKey(pod),
    pod,
    address: addresses.ipv4 ?? addresses.ipv6 ?? "",
    target,
  };
}

/** The pod that NAMESPACE/NAME means: its own name, or a workload's first. */
export function podCalled(cluster: ClusterModel, text: string): PodModel | undefined {
  const [namespace = "", name = ""] = text.includes("/") ? text.split("/", 2) : ["default", text];
  const own = cluster.pods.filter((pod) => pod.namespace === namespace);
  return (
    own.find((pod) => pod.name === name) ??
    own.find((pod) => pod.owner?.name === name) ??
    own.find((pod) => pod.name === `${name}-0`)
  );
}

/** Of several clusters the one that has what a text means; undefined: none. Throws UsageError where more than one has. */
export function onlyCluster<T extends { readonly cluster: ClusterModel }>(
  text: string,
  parts: readonly T[],
  has: (cluster: ClusterModel) => boolean,
): T | undefined {
  const [first, ...others] = parts.filter(({ cluster }) => has(cluster));
  if (first === undefined || others.length === 0) return first;
  const names = [first, ...others].map(({ cluster }) => `${clusterPrefix(cluster.name)}${text}`);
  throw new UsageError(`"${text}" is in ${names.length} clusters`, `name one of them: ${names.join(" or ")}`);
}

/** `pod/NAME`, `NAMESPACE/NAME` (a pod or a workload), a target as elsewhere, or an address. */
export function resolveEndpoint(lab: Lab, text: string): NamedEndpoint {
  if (parseAddress(text) !== undefined) return { text, address: text };
  const { cluster: named, text: own } = splitCluster(text, lab.clusters);
  const isWord = /^pods?\//.test(own) || targetIndex(lab).workload(text) !== undefined;
  const all = lab.clusters.filter(({ name }) => named === undefined || name === named);
  const found = isWord
    ? undefined
    : onlyCluster(
        own,
        all.map((cluster) => ({ cluster })),
        (cluster) => podCalled(cluster, own) !== undefined,
      );
  const plain = found === undefined ? undefined : podCalled(found.cluster, own);
  return endpointOf(resolveTarget(lab, plain === undefined ? text : podText(plain)));
}

/** `db.shop.svc`, `db.shop.svc.cluster.local`, and `db.shop`, which every pod's search list completes. */
const DNS_NAME = /^([a-z0-9-]+)\.([a-z0-9-]+)(?:\.svc(?:\.cluster\.local\.?)?)?$/;

/** The Service that TO means: `svc/NAME`, `svc/NAMESPACE/NAME`, its DNS name, or NAMESPACE/NAME where no pod or workload has the name. */
export function resolveService(cluster: ClusterModel, text: string): ServiceModel | undefined {
  const dns = DNS_NAME.exec(text);
  const byName = cluster.services.find((one) => one.name === dns?.[1] && one.namespace === dns[2]);
  if (byName !== undefined) return byName;
  if (dns !== null && text.includes(".svc"))
    throw new UsageError(
      `no Service has the DNS name ${text}`,
      `there are ${cluster.services.map(serviceText).slice(0, 20).join(", ")}`,
    );
  if (isServiceText(text)) {
    const found = findService(text, { clusters: [cluster] });
    if (isProblem(found)) throw new UsageError(found.message, found.hint);
    return found;
  }
  if (podCalled(cluster, text) !== undefined) return undefined;
  const [namespace = "", name = ""] = text.includes("/") ? text.split("/", 2) : ["default", text];
  return cluster.services.find((one) => one.namespace === namespace && one.name === name);
}

/** A Service's port by number or name, or its node port: `80`, `53/udp`, `dns`, `32766`. */
export function resolveServicePort(
  text: string,
  service: ServiceModel,
): Pick<PolicyPacket, "protocol" | "port"> & { readonly isNodePort: boolean } {
  const [first = "", second] = text.toLowerCase().split("/");
  const found = service.ports.find(
    (port) =>
      (String(port.port) === first || port.name === first) &&
      (second === undefined || port.protocol.toLowerCase() === second),
  );
  if (found !== undefined) return { protocol: found.protocol, port: found.port, isNodePort: false };
  const outer = service.ports.find(
    ({ nodePort, protocol }) =>
      nodePort !== 0 && String(nodePort) === first && (second === undefined || protocol.toLowerCase() === second),
  );
  if (outer !== undefined) return { protocol: outer.protocol, port: outer.nodePort, isNodePort: true };
  const there = service.ports.map(
    ({ name, port, protocol, nodePort }) =>
      `${name || port}/${protocol.toLowerCase()}${nodePort === 0 ? "" : ` (node port ${nodePort})`}`,
  );
  throw new UsageError(`"${text}" is not a port of ${serviceText(service)}`, `its ports are ${there.join(", ")}`);
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
    if (port < 1 || port > 65535) throw new UsageError(`${port} is not a port`, "ports are 1 to 65535");
    return { protocol: protocol ?? "TCP", port };
  }
  const pod = podAt(world, to);
  const named = pod?.ports.find((port) => port.name === rest && (protocol === undefined || port.protocol === protocol));
  if (named !== undefined) return { protocol: named.protocol, port: named.port };
  const names = pod?.ports.flatMap(({ name, port, protocol: p }) => `${name ?? port}/${p.toLowerCase()}`) ?? [];
  throw new UsageError(
    `"${text}" is not a port of ${to.text}`,
    `write a number, 53/udp, or a port's name${names.length === 0 ? "" : `; there are ${names.join(", ")}`}`,
  );
}
