/** Services and NetworkPolicies below the namespaces: what was declared, with its effect. */
import { formatCause } from "../cause.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import { formatSelector, matches } from "../kube/label-selector.ts";
import type { Lab } from "../lab/lab.ts";
import type { NetworkPolicyModel, PolicyRule } from "../kube/network-policy/network-policy.ts";
import { formatPeer, formatPort } from "../oracle/policy/policy-explain.ts";
import type { ServiceModel } from "../kube/service/service.ts";
import { serviceText } from "../targets/service-target.ts";
import { makePaint } from "../report/color.ts";
import { formatService, slicesOf } from "../report/service-summary.ts";
import type { DetailLine } from "./detail.ts";
import { POLICY_LESSON, SERVICE_LESSON } from "./lessons.ts";
import type { Row, Segment } from "./row.ts";

function serviceKey(service: ServiceModel): string {
  return `svc:${service.namespace}/${service.name}`;
}

function policyKey(policy: NetworkPolicyModel): string {
  return `policy:${policy.namespace}/${policy.name}`;
}

function policyText(policy: NetworkPolicyModel): string {
  return policy.namespace === "default" ? `netpol/${policy.name}` : `netpol/${policy.namespace}/${policy.name}`;
}

/** Key of a Service row: `svc:default/web`; of a policy row: `policy:default/deny`. */
export function objectRows(lab: Lab, expanded: ReadonlySet<string>): Row[] {
  const { cluster } = lab;
  if (cluster === undefined) return [];
  return [
    ...cluster.services.flatMap((service) => serviceRows(cluster, service, expanded)),
    ...cluster.policies.map((policy): Row => {
      const word = ` ${policy.types.join(" and ").toLowerCase()} of ${formatSelector(policy.podSelector)}`;
      const name: Segment = { text: policyText(policy), tone: "name" };
      return { key: policyKey(policy), depth: 0, segments: [name, { text: word, tone: "dim" }] };
    }),
  ];
}

/** Keys of the Services that can be opened. */
export function openableObjects(lab: Lab): readonly string[] {
  return lab.cluster?.services.map(serviceKey) ?? [];
}

function serviceRows(cluster: ClusterModel, service: ServiceModel, expanded: ReadonlySet<string>): Row[] {
  const key = serviceKey(service);
  const endpoints = slicesOf(cluster, service).flatMap((slice) => slice.endpoints);
  const open = expanded.has(key);
  const kind = service.headless ? "headless" : service.type;
  const addresses = [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs.map(({ ip }) => ip)];
  const ready = endpoints.filter((endpoint) => endpoint.ready).length;
  const head: Row = {
    key,
    depth: 0,
    segments: [
      { text: serviceText(service), tone: "name" },
      { text: ` ${kind}`, tone: "dim" },
      { text: addresses.length > 0 ? `  ${addresses.join(" ")}` : "", tone: "address" },
      ready === 0 && service.type !== "ExternalName"
        ? { text: "  no endpoints", tone: "warn" }
        : { text: endpoints.length === 0 ? "" : `  → ${ready}`, tone: "dim" },
    ],
    expandable: endpoints.length > 0,
    expanded: open,
  };
  if (!open) return [head];
  return [
    head,
    ...endpoints.map((endpoint, index): Row => {
      const who = endpoint.pod === undefined ? "endpoint" : `pod/${endpoint.pod.replace(/^default\//, "")}`;
      const where = endpoint.nodeName === undefined ? "" : `  on ${endpoint.nodeName}`;
      const state: Segment = endpoint.ready
        ? { text: "" }
        : { text: endpoint.terminating ? "  terminating" : "  not ready", tone: "warn" };
      const address: Segment = { text: `  ${endpoint.addresses.join(" ")}`, tone: "address" };
      const segments: Segment[] = [{ text: who, tone: "name" }, address, { text: where, tone: "dim" }, state];
      return { key: `${key}#${index}`, depth: 1, segments };
    }),
  ];
}

/** Undefined: no Service or policy has this key. */
export function objectDetail(lab: Lab, key: string): DetailLine[] | undefined {
  const { cluster } = lab;
  const owner = key.replace(/#\d+$/, "");
  const service = cluster?.services.find((one) => serviceKey(one) === owner);
  if (cluster !== undefined && service !== undefined) return serviceDetail(lab.name, cluster, service);
  const policy = cluster?.policies.find((one) => policyKey(one) === owner);
  return cluster !== undefined && policy !== undefined ? policyDetail(cluster, policy) : undefined;
}

function serviceDetail(lab: string, cluster: ClusterModel, service: ServiceModel): DetailLine[] {
  const [first = "", ...rest] = formatService(cluster, service, makePaint(false)).trimEnd().split("\n");
  return [
    { text: first, strong: true },
    ...rest.map((text) => ({ text })),
    { text: "" },
    { text: "What it is", strong: true },
    { text: SERVICE_LESSON },
    { text: "" },
    { text: "Its rules on a node, with counters", strong: true },
    { text: `k8snet-lab explain ${lab} ${serviceText(service)}` },
  ];
}

function policyDetail(cluster: ClusterModel, policy: NetworkPolicyModel): DetailLine[] {
  const pods = cluster.pods.filter(
    (pod) => pod.namespace === policy.namespace && !pod.hostNetwork && matches(policy.podSelector, pod.labels),
  );
  const names = pods.map((pod) => pod.name).join(", ");
  return [
    { text: policyText(policy), strong: true },
    { text: `because of ${formatCause(policy.cause)}` },
    { text: "" },
    pods.length === 0
      ? { text: `podSelector ${formatSelector(policy.podSelector)} matches no pod`, tone: "warn" }
      : { text: `isolates ${names} for ${policy.types.join(" and ").toLowerCase()}` },
    ...(policy.types.includes("Ingress") ? ruleLines("from", policy.ingress) : []),
    ...(policy.types.includes("Egress") ? ruleLines("to", policy.egress) : []),
    { text: "" },
    { text: "What it is", strong: true },
    { text: POLICY_LESSON },
  ];
}

function ruleLines(word: "from" | "to", rules: readonly PolicyRule[]): DetailLine[] {
  if (rules.length === 0) return [{ text: `  ${word} nobody`, tone: "bad" }];
  return rules.map((rule) => {
    const peers = rule.peers.length === 0 ? "anybody" : rule.peers.map(formatPeer).join(", or ");
    const ports = rule.ports.length === 0 ? "any port" : rule.ports.map(formatPort).join(", ");
    return { text: `  ${word} ${peers}: ${ports}`, tone: "ok" };
  });
}
