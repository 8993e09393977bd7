/** ClusterNetworkPolicy manifests (policy.networking.k8s.io/v1alpha2): their shape, and the checks of the CRD's experimental channel. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import { invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";
import { resolveClusterNetworkPolicy } from "./resolve-cluster-network-policy.ts";
import type { ManifestKind } from "../kind.ts";
import { checkEnum, checkItems, checkOneKey, checkRange, checkRequired } from "./crd-checks.ts";
import { checkObject, checkRules, checkSubject, policySchema, rules, subject, TRANSPORTS } from "./rules-schema.ts";
import type { RuleLimits } from "./rules-schema.ts";

const range = lazy(() => z.strictObject({ start: z.int().optional(), end: z.int().optional() }));
const destinationPort = lazy(() => z.strictObject({ number: z.int().optional(), range: range.optional() }));
const transport = lazy(() => z.strictObject({ destinationPort: destinationPort.optional() }));
const protocol = lazy(() =>
  z.strictObject({
    tcp: transport.optional(),
    udp: transport.optional(),
    sctp: transport.optional(),
    destinationNamedPort: argument.optional(),
  }),
);

export type ProtocolDocument = z.infer<typeof protocol>;

const schema = lazy(() =>
  policySchema(
    "policy.networking.k8s.io/v1alpha2",
    "ClusterNetworkPolicy",
    z.strictObject({
      tier: argument.optional(),
      priority: z.int().optional(),
      subject: subject.optional(),
      ...rules({ protocols: z.array(protocol).optional() }),
    }),
  ),
);

export type ClusterNetworkPolicyDocument = z.infer<typeof schema>;

const LIMITS: RuleLimits = {
  actions: ["Accept", "Deny", "Pass"],
  most: 25,
  domainNames: true,
  namedPorts:
    "networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames",
};

const PROTOCOL_KEYS = [...TRANSPORTS, "destinationNamedPort"];

function checkProtocol(value: ProtocolDocument, path: Path, report: Report): void {
  checkOneKey(value, PROTOCOL_KEYS, path, report);
  for (const key of TRANSPORTS) {
    const one = value[key];
    if (one === undefined) continue;
    const at = [...path, key];
    checkOneKey(one, ["destinationPort"], at, report);
    const port = one.destinationPort;
    if (port === undefined) continue;
    const atPort = [...at, "destinationPort"];
    checkOneKey(port, ["number", "range"], atPort, report);
    checkRange(port.number, 1, 65535, [...atPort, "number"], report);
    if (port.range === undefined) continue;
    const { start = 0, end = 65536 } = port.range;
    checkPortRange(port.range, [...atPort, "range"], report);
    if (start >= end)
      report([...atPort, "range"], invalidValue("object", "Start port must be less than End port"), {
        at: "value",
        hint: `one port is a number: { number: ${start} }`,
      });
  }
}

export function checkPortRange({ start, end }: z.infer<typeof range>, path: Path, report: Report): void {
  for (const [key, value] of [
    ["start", start],
    ["end", end],
  ] as const) {
    checkRequired(value, [...path, key], report);
    checkRange(value, 1, 65535, [...path, key], report);
  }
}

const hasNamedPort = (list: readonly ProtocolDocument[] | undefined): boolean =>
  list?.some((one) => one.destinationNamedPort !== undefined) === true;

export const clusterNetworkPolicyKind: ManifestKind<"ClusterNetworkPolicy", ClusterNetworkPolicyDocument> = {
  kind: "ClusterNetworkPolicy",
  apiVersion: "policy.networking.k8s.io/v1alpha2",
  words: ["cnp", "clusternetworkpolicy", "clusternetworkpolicies"],
  judges: true,
  schema,
  validate(object, report) {
    checkObject(object, report);
    const { spec } = object;
    if (spec === undefined) return;
    checkEnum(spec.tier, ["Admin", "Baseline"], ["spec", "tier"], report);
    checkRequired(spec.priority, ["spec", "priority"], report, "0 to 1000; the lowest decides first");
    checkRange(spec.priority, 0, 1000, ["spec", "priority"], report);
    checkSubject(spec.subject, ["spec", "subject"], report);
    for (const direction of ["ingress", "egress"] as const) {
      const list = spec[direction]?.map((rule) => ({
        ...rule,
        peers: "from" in rule ? rule.from : "to" in rule ? rule.to : undefined,
        hasNamedPort: hasNamedPort(rule.protocols),
      }));
      checkRules(direction, list, LIMITS, report);
      for (const [i, { protocols }] of (spec[direction] ?? []).entries()) {
        const at = ["spec", direction, i, "protocols"];
        checkItems(protocols, 25, at, report);
        for (const [j, one] of (protocols ?? []).entries()) checkProtocol(one, [...at, j], report);
      }
    }
  },
  deletable: true,
  resolve(object, scope, { clusterPolicies }) {
    clusterPolicies.push(resolveClusterNetworkPolicy(object, scope));
  },
};
