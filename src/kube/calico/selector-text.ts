/**
 * Selectors as text: in the form that Felix hashes (libcalico-go/lib/selector/parser/ast.go), with labels of namespaces and service
 * accounts, and combined as Calico's clients do it (libcalico-go/lib/backend/syncersv1/updateprocessors/{rules,selectors}.go).
 */
import { LABELS } from "./calico-policy.ts";
import { parseSelector } from "./selector.ts";
import type { SelectorNode } from "./selector.ts";

const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`);

const OPERATORS = {
  Eq: "==",
  Ne: "!=",
  Contains: "contains",
  StartsWith: "starts with",
  EndsWith: "ends with",
} as const;

/** Sorted by bytes, each once. */
function valueList(values: readonly string[]): string {
  return [...new Set(values)]
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(quoted)
    .join(", ");
}

export function formatNode(node: SelectorNode): string {
  switch (node.kind) {
    case "all":
    case "global":
      return `${node.kind}()`;
    case "has":
      return `has(${node.label})`;
    case "not":
      return `!${formatNode(node.node)}`;
    case "and":
    case "or":
      return `(${node.nodes.map(formatNode).join(node.kind === "and" ? " && " : " || ")})`;
    case "compare":
      return `${node.label} ${OPERATORS[node.operator]} ${quoted(node.value)}`;
    case "in":
    case "notIn":
      return `${node.label} ${node.kind === "in" ? "in" : "not in"} {${valueList(node.values)}}`;
  }
}

/** The same text for selectors that are written alike; an empty one is `all()`. */
export function normalSelector(text: string): string {
  return formatNode(parseSelector(text));
}

function prefixed(node: SelectorNode, prefix: string): SelectorNode {
  switch (node.kind) {
    case "all":
    case "global":
      return node;
    case "not":
      return { ...node, node: prefixed(node.node, prefix) };
    case "and":
    case "or":
      return { ...node, nodes: node.nodes.map((one) => prefixed(one, prefix)) };
    default:
      return { ...node, label: `${prefix}${node.label}` };
  }
}

/** About labels of namespaces or service accounts: `env == "prod"` becomes `pcns.env == "prod"`. */
function withPrefix(text: string, prefix: string): string {
  return formatNode(prefixed(parseSelector(text), prefix));
}

function namespaces(selector: string): string {
  return withPrefix(selector, LABELS.ofNamespace)
    .replaceAll("all()", `has(${LABELS.namespace})`)
    .replaceAll("global()", `!has(${LABELS.namespace})`);
}

interface EndFields {
  readonly selector?: string | undefined;
  readonly notSelector?: string | undefined;
  readonly namespaceSelector?: string | undefined;
  readonly serviceAccounts?:
    | { readonly names?: readonly string[] | undefined; readonly selector?: string | undefined }
    | undefined;
}

function serviceAccounts({ names = [], selector = "" }: NonNullable<EndFields["serviceAccounts"]>): string {
  const bySelector = selector === "" ? "" : withPrefix(selector, LABELS.ofServiceAccount);
  if (names.length === 0) return bySelector;
  const byName = normalSelector(`${LABELS.serviceAccount} in { ${names.map((name) => `'${name}'`).join(", ")} }`);
  return bySelector === "" ? byName : `(${bySelector}) && (${byName})`;
}

/** The endpoints that a rule's end means; undefined: any address. `namespace`: of the policy. */
export function endSelector(end: EndFields, namespace: string | undefined): string | undefined {
  const { selector = "", notSelector = "", namespaceSelector = "" } = end;
  const where =
    namespaceSelector !== ""
      ? namespaces(namespaceSelector)
      : namespace === undefined
        ? ""
        : `${LABELS.namespace} == '${namespace}'`;
  const accounts = end.serviceAccounts === undefined ? "" : serviceAccounts(end.serviceAccounts);
  const parts = [accounts, selector].filter((part) => part !== "");
  const own = parts.length > 1 ? `(${parts.join(") && (")})` : (parts[0] ?? "");
  const isLimited = where !== "" && (own !== "" || notSelector !== "" || namespaceSelector !== "");
  const all = isLimited ? (own === "" ? where : `(${where}) && (${own})`) : own;
  return all === "" ? undefined : all;
}

function and(text: string, more: string): string {
  return text === "" ? more : `(${text}) && ${more}`;
}

/** The endpoints that a policy concerns. */
export function subjectSelector(
  {
    selector = "",
    namespaceSelector = "",
    serviceAccountSelector = "",
  }: {
    readonly selector?: string | undefined;
    readonly namespaceSelector?: string | undefined;
    readonly serviceAccountSelector?: string | undefined;
  },
  namespace: string | undefined,
): string {
  if (namespace !== undefined) {
    const own = and(selector, `${LABELS.namespace} == '${namespace}'`);
    return serviceAccountSelector === "" ? own : and(own, withPrefix(serviceAccountSelector, LABELS.ofServiceAccount));
  }
  let text = selector;
  if (namespaceSelector !== "")
    text = and(text, withPrefix(namespaceSelector, LABELS.ofNamespace)).replaceAll("all()", `has(${LABELS.namespace})`);
  if (serviceAccountSelector !== "")
    text = and(text, withPrefix(serviceAccountSelector, LABELS.ofServiceAccount)).replaceAll(
      "all()",
      `has(${LABELS.serviceAccount})`,
    );
  return text;
}

/** A negated selector only narrows what a positive one selects (felix/calc/rule_scanner.go). */
export function setSelectors({
  selector,
  notSelector,
}: {
  readonly selector?: string | undefined;
  readonly notSelector?: string | undefined;
}): { readonly positive?: string | undefined; readonly negative?: string | undefined } {
  if (selector === undefined) return { negative: notSelector };
  return { positive: notSelector === undefined ? selector : `(${selector}) && (!(${notSelector}))` };
}
