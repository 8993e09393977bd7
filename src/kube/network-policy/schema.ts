/** NetworkPolicy manifests: their shape and the API server's checks (pkg/apis/networking/validation); addresses are checked in model/. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import { checkPortName, DNS_SUBDOMAIN, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import type { ManifestKind } from "../kind.ts";
import { resolveNetworkPolicy } from "./resolve-network-policy.ts";
import { checkLabelSelector, labelSelector } from "../label-selector-schema.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const port = lazy(() =>
  z.strictObject({
    protocol: argument.optional(),
    port: z.union([z.int(), argument]).optional(),
    endPort: z.int().optional(),
  }),
);

const peer = lazy(() =>
  z.strictObject({
    podSelector: labelSelector.optional(),
    namespaceSelector: labelSelector.optional(),
    ipBlock: z.strictObject({ cidr: argument.optional(), except: z.array(argument).optional() }).optional(),
  }),
);

/** An entry without a value is an empty one to the API server, as in `ingress: [null]`. */
const ports = lazy(() => z.array(port.nullable())).optional();
const peers = lazy(() => z.array(peer.nullable())).optional();

const schema = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("networking.k8s.io/v1"),
    kind: z.literal("NetworkPolicy"),
    metadata: objectMeta,
    spec: z
      .strictObject({
        podSelector: labelSelector.optional(),
        policyTypes: z.array(argument).optional(),
        ingress: z.array(z.strictObject({ from: peers, ports }).nullable()).optional(),
        egress: z.array(z.strictObject({ to: peers, ports }).nullable()).optional(),
      })
      .optional(),
    status: anything,
  }),
);

export type NetworkPolicyDocument = z.infer<typeof schema>;
export type PolicyPortDocument = z.infer<typeof port>;
export type PolicyPeerDocument = z.infer<typeof peer>;

const PROTOCOLS: ReadonlySet<string> = new Set(["TCP", "UDP", "SCTP"]);
const TYPES = ["Ingress", "Egress"];
const PORT_RANGE = "must be between 1 and 65535, inclusive";
const validPort = (value: number): boolean => value >= 1 && value <= 65535;

function unsupported(value: string, supported: readonly string[]): string {
  return `Unsupported value: ${JSON.stringify(value.slice(0, 100))}: supported values: ${supported.map((s) => JSON.stringify(s)).join(", ")}`;
}

function checkPort(spec: PolicyPortDocument, path: Path, report: Report): void {
  if (spec.protocol !== undefined && !PROTOCOLS.has(spec.protocol)) {
    const upper = spec.protocol.toUpperCase();
    report([...path, "protocol"], unsupported(spec.protocol, ["SCTP", "TCP", "UDP"]), {
      at: "value",
      ...(PROTOCOLS.has(upper) ? { hint: `write ${upper}` } : {}),
    });
  }
  const { endPort } = spec;
  const end = [...path, "endPort"];
  if (typeof spec.port === "number") {
    if (!validPort(spec.port)) report([...path, "port"], invalidValue(spec.port, PORT_RANGE), { at: "value" });
    if (endPort !== undefined && endPort < spec.port)
      report(end, invalidValue(endPort, "must be greater than or equal to `port`"), { at: "value" });
    if (endPort !== undefined && !validPort(endPort)) report(end, invalidValue(endPort, PORT_RANGE), { at: "value" });
  } else if (spec.port !== undefined) {
    if (endPort !== undefined)
      report(end, invalidValue(endPort, "may not be specified when `port` is non-numeric"), { at: "value" });
    if (/^\d+$/.test(spec.port)) {
      report([...path, "port"], invalidValue(spec.port, "must contain at least one letter (a-z)"), {
        at: "value",
        hint: `remove the quotes: ${spec.port}; text is the name of a container's port`,
      });
    } else checkPortName(spec.port, [...path, "port"], report);
  } else if (endPort !== undefined) {
    report(end, invalidValue(endPort, "may not be specified when `port` is not specified"), { at: "value" });
  }
}

function checkPeer(spec: PolicyPeerDocument, path: Path, report: Report): void {
  const selectors = (["podSelector", "namespaceSelector"] as const).filter((key) => spec[key] !== undefined);
  for (const key of selectors) {
    const selector = spec[key];
    if (selector !== undefined) checkLabelSelector(selector, [...path, key], report);
  }
  if (selectors.length === 0 && spec.ipBlock === undefined) {
    report(path, "Required value: must specify a peer", {
      hint: "podSelector, namespaceSelector (both in one entry: pods that fulfil both) or ipBlock; `podSelector: {}` selects all pods of the namespace",
    });
  } else if (selectors.length > 0 && spec.ipBlock !== undefined) {
    report(path, "Forbidden: may not specify both ipBlock and another peer", {
      hint: "split it into two entries, each starting with its own -",
    });
  }
}

/** The API server's checks of a spec; `[]` and nothing are the same to it. */
function checkSpec(spec: NonNullable<NetworkPolicyDocument["spec"]>, report: Report): void {
  checkLabelSelector(spec.podSelector ?? {}, ["spec", "podSelector"], report);
  const rules = (
    direction: "ingress" | "egress",
    key: "from" | "to",
    list: readonly {
      readonly peers?: readonly (PolicyPeerDocument | null)[] | undefined;
      readonly ports?: readonly (PolicyPortDocument | null)[] | undefined;
    }[],
  ): void => {
    for (const [i, rule] of list.entries()) {
      const at = ["spec", direction, i];
      for (const [j, entry] of (rule.ports ?? []).entries()) checkPort(entry ?? {}, [...at, "ports", j], report);
      for (const [j, entry] of (rule.peers ?? []).entries()) checkPeer(entry ?? {}, [...at, key, j], report);
    }
  };
  rules(
    "ingress",
    "from",
    (spec.ingress ?? []).map((rule) => ({ peers: rule?.from, ports: rule?.ports })),
  );
  rules(
    "egress",
    "to",
    (spec.egress ?? []).map((rule) => ({ peers: rule?.to, ports: rule?.ports })),
  );
  const types = spec.policyTypes ?? [];
  if (types.length > TYPES.length) {
    report(["spec", "policyTypes"], invalidValue(types, "may not specify more than two policyTypes"), { at: "value" });
    return;
  }
  for (const [i, type] of types.entries()) {
    if (!TYPES.includes(type))
      report(["spec", "policyTypes", i], unsupported(type, ["Egress", "Ingress"]), { at: "value" });
  }
}

export const networkPolicyKind: ManifestKind<"NetworkPolicy", NetworkPolicyDocument> = {
  kind: "NetworkPolicy",
  apiVersion: "networking.k8s.io/v1",
  words: ["netpol", "networkpolicy", "networkpolicies"],
  dropped: { "extensions/v1beta1": "1.16" },
  namespaced: true,
  judges: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    if (object.spec !== undefined) checkSpec(object.spec, report);
  },
  deletable: true,
  resolve(object, scope, { policies }) {
    policies.push(resolveNetworkPolicy(object, scope));
  },
};
