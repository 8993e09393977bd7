/** Services and NetworkPolicies below the namespaces: what was declared, with its effect. */
import { formatCause } from "../cause.ts";
import type { ClusterModel } from "../cluster/cluster.ts";
import { formatSelector, matches } from "../kube/label-selector.ts";
import type { Lab } from "../lab/lab.ts";
import { allPolicies } from "../cluster/policy/all-policies.ts";
import { policyWorld } from "../cluster/policy/policy-world.ts";
import { selectsPod } from "../cluster/policy/endpoint-labels.ts";
import type { CalicoPolicyModel } from "../kube/calico/calico-policy.ts";
import { ruleText } from "../oracle/policy/calico-rules.ts";
import { isCalicoPolicy, policyKey, policyWord } from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type {
  AnyPolicy,
  ClusterPolicyRule,
  PolicyObject,
} from "../kube/cluster-network-policy/cluster-network-policy.ts";
import type { PolicyRule } from "../kube/network-policy/network-policy.ts";
import type { PodModel } from "../kube/pod/pod-model.ts";
import { formatPeer, formatPort } from "../oracle/policy/policy-explain.ts";
import type { ServiceModel } from "../kube/service/service.ts";
import { serviceText } from "../targets/service-target.ts";
import { makePaint } from "../report/color.ts";
import { formatService, slicesOf } from "../report/service-summary.ts";
import type { DetailLine } from "./detail.ts";
import { CALICO_POLICY_LESSON, CLUSTER_POLICY_LESSON, POLICY_LESSON, SERVICE_LESSON } from "./lessons.ts";
import type { Row, Segment } from "./row.ts";
import { labServices } from "../cluster/lab-clusters.ts";
import { clusterPrefix, namespacedName, objectKey } from "../net/object-ref.ts";
import { formatNamespace } from "../net/place.ts";

function serviceKey(service: ServiceModel): string {
  return `svc:${objectKey(service)}`;
}

/** The Service of a row or of one of its endpoints, as targets name it. */
export function serviceAt(lab: Lab, key: string): string | undefined {
  const found = labServices(lab).find((service) => serviceKey(service) === key.replace(/#\d+$/, ""));
  return found === undefined ? undefined : serviceText(found);
}

/** `policy:default/deny`, `policy:ClusterNetworkPolicy deny`. */
const rowKey = (policy: AnyPolicy): string => `policy:${clusterPrefix(policy.cluster)}${policyKey(policy)}`;

/** The pods that a policy concerns: `app=web`, `namespaces team=a`. */
function subjectText(policy: AnyPolicy): string {
  if (isCalicoPolicy(policy)) return policy.selector === "" ? "all()" : policy.selector;
  if (policy.kind === "NetworkPolicy") return formatSelector(policy.podSelector);
  const { namespaceSelector, podSelector } = policy.subject;
  const pods = podSelector === undefined ? "" : `${formatSelector(podSelector)} of `;
  return `${pods}namespaces ${formatSelector(namespaceSelector)}`;
}

/** `ingress and egress`. */
function directionsText(policy: AnyPolicy): string {
  if (policy.kind === "NetworkPolicy" || isCalicoPolicy(policy)) return policy.types.join(" and ").toLowerCase();
  return (["ingress", "egress"] as const).filter((direction) => policy[direction].length > 0).join(" and ");
}

/** Key of a Service row: `svc:default/web`; of a policy row: `policy:default/deny`. */
export function objectRows(lab: Lab, expanded: ReadonlySet<string>): Row[] {
  return lab.clusters.flatMap((cluster) => [
    ...cluster.services.flatMap((service) => serviceRows(cluster, service, expanded)),
    ...allPolicies(cluster).map((policy): Row => {
      const word = ` ${directionsText(policy)} of ${subjectText(policy)}`;
      const name: Segment = { text: policyWord(policy), tone: "name" };
      return { key: rowKey(policy), depth: 0, segments: [name, { text: word, tone: "dim" }] };
    }),
  ]);
}

/** Keys of the Services that can be opened. */
export function openableObjects(lab: Lab): readonly string[] {
  return labServices(lab).map(serviceKey);
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
      const who =
        endpoint.pod === undefined ? "endpoint" : formatNamespace(`${clusterPrefix(cluster.name)}${endpoint.pod}`);
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
  const owner = key.replace(/#\d+$/, "");
  for (const cluster of lab.clusters) {
    const service = cluster.services.find((one) => serviceKey(one) === owner);
    if (service !== undefined) return serviceDetail(lab.name, cluster, service);
    const policy = allPolicies(cluster).find((one) => rowKey(one) === owner);
    if (policy !== undefined)
      return isCalicoPolicy(policy) ? calicoDetail(cluster, policy) : policyDetail(cluster, policy);
  }
  return undefined;
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

function subjects(cluster: ClusterModel, policy: PolicyObject): readonly string[] {
  const labelsOf = new Map(cluster.namespaces.map(({ name, labels }) => [name, labels]));
  const isMeant = ({ namespace, labels }: PodModel): boolean => {
    if (policy.kind === "NetworkPolicy") return namespace === policy.namespace && matches(policy.podSelector, labels);
    const { namespaceSelector, podSelector } = policy.subject;
    const inNamespace = matches(namespaceSelector, labelsOf.get(namespace) ?? {});
    return inNamespace && (podSelector === undefined || matches(podSelector, labels));
  };
  const isOne = policy.kind === "NetworkPolicy";
  return cluster.pods
    .filter((pod) => !pod.hostNetwork && isMeant(pod))
    .map(({ namespace, name }) => (isOne ? name : namespacedName({ namespace, name })));
}

function policyDetail(cluster: ClusterModel, policy: PolicyObject): DetailLine[] {
  const pods = subjects(cluster, policy);
  const names = pods.join(", ");
  const isOne = policy.kind === "NetworkPolicy";
  const does = isOne ? "isolates" : `tier ${policy.tier}, priority ${policy.priority ?? "none"}: rules for`;
  const has = (direction: "ingress" | "egress", type: "Ingress" | "Egress"): boolean =>
    isOne ? policy.types.includes(type) : policy[direction].length > 0;
  return [
    { text: policyWord(policy), strong: true },
    { text: `because of ${formatCause(policy.cause)}` },
    { text: "" },
    pods.length === 0
      ? { text: `${isOne ? "podSelector" : "subject"} ${subjectText(policy)} matches no pod`, tone: "warn" }
      : { text: `${does} ${names} for ${directionsText(policy)}` },
    ...(has("ingress", "Ingress") ? ruleLines("from", policy.ingress) : []),
    ...(has("egress", "Egress") ? ruleLines("to", policy.egress) : []),
    { text: "" },
    { text: "What it is", strong: true },
    { text: isOne ? POLICY_LESSON : CLUSTER_POLICY_LESSON },
  ];
}

const CALICO_DOES = { allow: "allows", deny: "denies", pass: "passes on", log: "logs" } as const;

function calicoDetail(cluster: ClusterModel, policy: CalicoPolicyModel): DetailLine[] {
  const world = policyWorld(cluster);
  const pods = world.pods.filter((pod) => !pod.hostNetwork && selectsPod(world, policy.selector, pod));
  const who = [...pods.map(namespacedName), ...(policy.stage === "normal" ? [] : ["host endpoints"])].join(", ");
  const rules = (["ingress", "egress"] as const).flatMap((direction) =>
    policy[direction].map((rule): DetailLine => ({
      text: `  ${direction}: ${CALICO_DOES[rule.action]} ${ruleText(rule)}`,
      tone: rule.action === "deny" ? "bad" : "ok",
    })),
  );
  return [
    { text: policyWord(policy), strong: true },
    { text: `because of ${formatCause(policy.cause)}` },
    { text: "" },
    { text: `tier ${policy.tier}, order ${policy.order ?? "last"}: ${who === "" ? "no pod" : who}` },
    ...rules,
    { text: "" },
    { text: "What it is", strong: true },
    { text: CALICO_POLICY_LESSON },
  ];
}

const DOES = { allow: "accepts ", deny: "denies ", pass: "passes on " } as const;

function ruleLines(word: "from" | "to", rules: readonly (PolicyRule | ClusterPolicyRule)[]): DetailLine[] {
  if (rules.length === 0) return [{ text: `  ${word} nothing`, tone: "bad" }];
  return rules.map((rule) => {
    const peers = rule.peers.length === 0 ? "everything" : rule.peers.map(formatPeer).join(", or ");
    const ports = rule.ports.length === 0 ? "any port" : rule.ports.map(formatPort).join(", ");
    const action = "action" in rule ? DOES[rule.action] : "";
    return { text: `  ${action}${word} ${peers}: ${ports}`, tone: action === DOES.deny ? "bad" : "ok" };
  });
}
