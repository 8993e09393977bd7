/**
 * Kubernetes' selectors in Calico's words, as its clients convert them (libcalico-go/lib/backend/k8s/conversion/conversion.go,
 * updateprocessors/rules.go), in the form in which Felix hashes them (libcalico-go/lib/selector/parser/ast.go).
 */
import { sha224 } from "../../../net/digest.ts";
import type { LabelSelector, PolicyPeer } from "../../../kube/network-policy/network-policy.ts";

const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`);
const ORCHESTRATOR = 'projectcalico.org/orchestrator == "k8s"';
/** Labels of namespaces, as labels of what is in them. */
const NAMESPACE_LABEL = "pcns.";

function terms({ requirements }: LabelSelector, prefix = ""): readonly string[] {
  return requirements.map(({ key, operator, values }) => {
    const label = `${prefix}${key}`;
    const list = [...new Set(values)].toSorted().map(quoted).join(", ");
    switch (operator) {
      case "In":
        // matchLabels come as a list of one.
        return values.length === 1 ? `${label} == ${list}` : `${label} in {${list}}`;
      case "NotIn":
        return `${label} not in {${list}}`;
      case "Exists":
        return `has(${label})`;
      case "DoesNotExist":
        return `!has(${label})`;
    }
  });
}

function all(list: readonly string[]): string {
  return list.length === 1 ? (list[0] ?? "") : `(${list.join(" && ")})`;
}

const inNamespace = (namespace: string): string => `projectcalico.org/namespace == ${quoted(namespace)}`;

function pods(selector: LabelSelector | undefined): string {
  return all([ORCHESTRATOR, ...(selector === undefined ? [] : terms(selector))]);
}

function namespaces(selector: LabelSelector): string {
  return selector.requirements.length === 0
    ? "has(projectcalico.org/namespace)"
    : all(terms(selector, NAMESPACE_LABEL));
}

/** What a policy of a namespace applies to. */
export function subjectText(namespace: string, selector: LabelSelector): string {
  return all([inNamespace(namespace), pods(selector)]);
}

/** `namespace`: of the policy; empty: it has none. */
export function peerText(peer: Exclude<PolicyPeer, { kind: "domainNames" | "ipBlock" }>, namespace: string): string {
  if (peer.kind === "nodes") return all(["has(projectcalico.org/node)", ...terms(peer.selector)]);
  const where = peer.namespaceSelector === undefined ? inNamespace(namespace) : namespaces(peer.namespaceSelector);
  return all([where, pods(peer.podSelector)]);
}

/** What Felix calls a set of what a selector selects: `s:` and a hash. */
export function selectorId(text: string): string {
  return `s:${sha224(`s:${text}`).toString("base64url")}`;
}

/** The set of what serves a named port (felix/calc/rule_scanner.go). */
export function namedPortId(selector: string, protocol: string, port: string): string {
  return `n:${sha224(`n:${[selectorId(selector), protocol, port].join(",")}`).toString("base64url")}`;
}
