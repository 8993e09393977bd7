/** ipBlocks of addresses that packets do not have where policies look at them: those of Services, and those that pods happen to have. */
import type { SourceRef } from "../../cause.ts";
import { policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { formatAddress, parseAddress, parsePrefix, prefixContains, type Prefix } from "../../net/address.ts";
import { formatSelector } from "../../kube/label-selector.ts";
import { policyObjects, type PolicyWorld } from "../../cluster/policy/policy-world.ts";
import type { LintCheck } from "./lint-check.ts";
import { namespacedName } from "../../net/object-ref.ts";

/** kubeadm's default ranges of Services and pods (flannel's manifest has the same range of pods). */
const USUAL = { services: ["10.96.0.0/12"], pods: ["10.244.0.0/16"] } as const;

/** Ranges of Services of k3s, EKS, OpenShift and MicroK8s: others have private networks there, unless a Service is in it. */
const OF_DISTRIBUTIONS = ["10.43.0.0/16", "10.100.0.0/16", "172.20.0.0/16", "172.30.0.0/16", "10.152.183.0/24"];

/** Wider blocks mean more than a Service that is in them. */
const NARROW = { ipv4: 24, ipv6: 112 } as const;

/** `block`: a prefix or an address. */
function within(range: string, inner: Prefix | string): boolean {
  const outer = parsePrefix(range);
  const block = typeof inner === "string" ? parsePrefix(`${inner}/${inner.includes(":") ? 128 : 32}`) : inner;
  return block !== undefined && outer !== undefined && outer.length <= block.length && prefixContains(outer, block);
}

type Known = NonNullable<PolicyWorld["serviceAddresses"]>;

function serviceIn(block: Prefix, known: Known): { readonly address: string; readonly service: string } | undefined {
  if (block.length < NARROW[block.family]) return undefined;
  for (const [text, { namespace, name }] of known) {
    const address = parseAddress(text);
    if (address !== undefined && prefixContains(block, address))
      return { address: formatAddress(address), service: namespacedName({ namespace, name }) };
  }
  return undefined;
}

/** What to write instead. */
function instead(world: PolicyWorld, service: string | undefined): string {
  if (service === "default/kubernetes")
    return "write the API server's own address and port: kubectl get endpointslices -n default kubernetes";
  const [namespace, name] = service?.split("/") ?? [];
  const found = world.services?.find((one) => one.namespace === namespace && one.name === name);
  const pods = Object.entries(found?.selector ?? {}).map(([key, value]) => ({
    key,
    operator: "In" as const,
    values: [value],
  }));
  return pods.length === 0
    ? "select the pods behind it: podSelector, namespaceSelector"
    : `select its pods: podSelector ${formatSelector({ requirements: pods })}${found === undefined ? "" : `, and their port, not the Service's: ${[...new Set(found.ports.map(({ targetPort }) => targetPort))].join(", ")}`}`;
}

interface Block {
  readonly who: string;
  readonly source: SourceRef | undefined;
  readonly text: string;
  readonly block: Prefix;
}

/** Those of Calico's rules that see the packet after DNAT. */
function* calicoNets(world: PolicyWorld): Generator<Block> {
  for (const policy of world.calico?.policies ?? [])
    for (const rule of policy.stage === "normal" ? [...policy.ingress, ...policy.egress] : [])
      for (const side of ["source", "destination"] as const)
        for (const net of [...rule[side].nets, ...rule[side].notNets]) {
          const block = parsePrefix(net);
          const text = `${rule.cause.reason} ${side} net ${net}`;
          if (block !== undefined) yield { who: policyName(policy), source: rule.cause.source, text, block };
        }
}

function* blocks(world: PolicyWorld): Generator<Block> {
  yield* calicoNets(world);
  for (const policy of policyObjects(world))
    for (const { peers } of [...policy.ingress, ...policy.egress])
      for (const peer of peers) {
        if (peer.kind !== "ipBlock") continue;
        for (const [i, cidr] of [peer.cidr, ...peer.except].entries()) {
          const block = parsePrefix(cidr);
          if (block !== undefined)
            yield {
              who: policyName(policy),
              source: peer.cause.source,
              text: `${i === 0 ? (peer.field ?? "ipBlock") : "except"} ${cidr}`,
              block,
            };
        }
      }
}

export const serviceAddress: LintCheck = (world, report) => {
  const known: Known = world.serviceAddresses ?? new Map();
  const used = OF_DISTRIBUTIONS.filter((range) => [...known.keys()].some((address) => within(range, address)));
  const ranges = [...(world.ranges?.services ?? []), ...USUAL.services, ...used];
  for (const { who, source, text, block } of blocks(world)) {
    const found = serviceIn(block, known);
    const range = ranges.find((one) => within(one, block));
    if (found === undefined && range === undefined) continue;
    const api = block.length >= NARROW[block.family] && range !== undefined && isFirst(range, block);
    const service = found?.service ?? (api ? "default/kubernetes" : undefined);
    const what =
      service === undefined
        ? `${range} is the range of Services`
        : `${found?.address ?? formatAddress(block)} is the address of Service ${service}`;
    report(
      source,
      `${who}: ${text} matches no packet: ${what}, and policies see the packet after its translation`,
      instead(world, service),
    );
  }
};

/** The first address of the range of Services is the API server's. */
function isFirst(range: string, block: Prefix): boolean {
  const outer = parsePrefix(range);
  return outer !== undefined && outer.value + 1n === block.value;
}

export const podAddress: LintCheck = (world, report) => {
  const ranges = [...(world.ranges?.pods ?? []), ...USUAL.pods];
  for (const { who, source, text, block } of blocks(world)) {
    const range = ranges.find((one) => within(one, block));
    if (range === undefined) continue;
    report(
      source,
      `${who}: ${text} is made of pods' addresses (${range}): a pod has another one after each restart, and networks are meant for addresses outside the cluster`,
      "select pods by their labels: podSelector, namespaceSelector",
    );
  }
};
