/** Calico's selectors that select nothing, and sets of networks that no rule means. */
import type { CalicoEnd, CalicoPolicyModel } from "../../kube/calico/calico-policy.ts";
import { LABELS } from "../../kube/calico/calico-policy.ts";
import { formatNode } from "../../kube/calico/selector-text.ts";
import { parseSelector } from "../../kube/calico/selector.ts";
import type { Labels, SelectorNode } from "../../kube/calico/selector.ts";
import { policyName } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import type { LabelSelector } from "../../kube/network-policy/network-policy.ts";
import { allEndpoints, podEndpoint, selectedEndpoints, selectsHost } from "../../cluster/policy/endpoint-labels.ts";
import type { PolicyWorld } from "../../cluster/policy/policy-world.ts";
import { conjuncts } from "./calico-covers.ts";
import { makerOf } from "./elsewhere.ts";
import { selectedPods, type LintCheck } from "./lint-check.ts";
import { instead } from "./selectors.ts";

type LabelRequirement = LabelSelector["requirements"][number];

/** As Kubernetes would write it; undefined: it cannot. */
function requirementOf(node: SelectorNode): LabelRequirement | undefined {
  switch (node.kind) {
    case "has":
      return { key: node.label, operator: "Exists", values: [] };
    case "in":
      return { key: node.label, operator: "In", values: node.values };
    case "compare":
      return node.operator === "Eq" ? { key: node.label, operator: "In", values: [node.value] } : undefined;
    default:
      return undefined;
  }
}

/** Parts of a selector that need a label. */
const requirements = (selector: string): readonly LabelRequirement[] =>
  conjuncts(parseSelector(selector)).flatMap((node) => requirementOf(node) ?? []);

function insteadOf(selector: string, all: readonly Labels[]): string {
  if (all.length === 0) return "there are no endpoints";
  return instead({ requirements: requirements(selector) }, all, "endpoints");
}

/** An operator may make pods that it selects. */
function isElsewhere(world: PolicyWorld, selector: string): boolean {
  const own = requirements(selector).filter(({ key }) => key !== LABELS.namespace);
  return makerOf(world, { requirements: own }, new Set(world.namespaces.map(({ name }) => name))) !== undefined;
}

const shown = (selector: string): string => formatNode(parseSelector(selector));

/** Those that it could concern. */
function subjects(world: PolicyWorld, { namespace, stage }: CalicoPolicyModel): readonly Labels[] {
  const hosts = namespace === undefined ? (world.calico?.hostEndpoints ?? []) : [];
  const pods = stage === "normal" ? world.pods.filter((pod) => !pod.hostNetwork) : [];
  return [...hosts.map(({ labels }) => labels), ...pods.map((pod) => podEndpoint(world, pod).labels)];
}

export const emptyCalicoSelection: LintCheck = (world, report) => {
  for (const policy of world.calico?.policies ?? []) {
    const { selector, stage, namespace } = policy;
    const hosts = namespace === undefined ? (world.calico?.hostEndpoints ?? []) : [];
    if (hosts.some((host) => selectsHost(world, selector, host))) continue;
    const isOfHosts = stage !== "normal";
    if (!isOfHosts && (selectedPods(world, policy).length > 0 || isElsewhere(world, selector))) continue;
    report(
      policy.cause.source,
      `${policyName(policy)} selects no ${isOfHosts ? "host endpoint" : namespace === undefined ? "pod and no host endpoint" : "pod"}: ${shown(selector)}`,
      isOfHosts && hosts.length === 0
        ? "doNotTrack and preDNAT policies are for host endpoints, and there is none: add a HostEndpoint"
        : insteadOf(selector, subjects(world, policy)),
    );
  }
};

const SIDES = ["source", "destination"] as const;

export const emptyCalicoPeer: LintCheck = (world, report) => {
  for (const policy of world.calico?.policies ?? [])
    for (const rule of [...policy.ingress, ...policy.egress])
      for (const side of SIDES) {
        const { selector } = rule[side];
        if (selector === undefined || selectedEndpoints(world, selector).length > 0 || isElsewhere(world, selector))
          continue;
        report(
          rule.cause.source,
          `${policyName(policy)}: ${rule.cause.reason} ${side} ${shown(selector)} matches no endpoint`,
          insteadOf(
            selector,
            allEndpoints(world).map(({ labels }) => labels),
          ),
        );
      }
};

const selectorsOf = ({ selector, notSelector }: CalicoEnd): readonly string[] =>
  [selector, notSelector].filter((text) => text !== undefined);

export const unusedSet: LintCheck = (world, report) => {
  const { policies = [], networkSets = [] } = world.calico ?? {};
  const used = new Set(
    policies
      .flatMap(({ ingress, egress }) => [...ingress, ...egress])
      .flatMap(({ source, destination }) => [...selectorsOf(source), ...selectorsOf(destination)])
      .flatMap((selector) => selectedEndpoints(world, selector).flatMap(({ set }) => set ?? [])),
  );
  for (const set of networkSets) {
    if (used.has(set)) continue;
    const labels = Object.entries(set.labels).map(([key, value]) => `${key} == ${JSON.stringify(value)}`);
    report(
      set.cause.source,
      `${set.cause.object}: no rule's selector selects it, and its networks have no effect`,
      labels.length === 0
        ? "give it labels: rules find sets by their labels only"
        : `a rule with source or destination selector: ${labels[0]} would select it${set.namespace === undefined ? "; in a NetworkPolicy add namespaceSelector: global()" : ""}`,
    );
  }
};
