/** The rules of v1alpha1, which AdminNetworkPolicy and BaselineAdminNetworkPolicy share. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { unsupportedValue } from "../../syntax/kube-names.ts";
import type { Path } from "../../syntax/path.ts";
import type { Report } from "../../syntax/report.ts";
import { argument } from "../../syntax/scalar.ts";
import { checkItems, checkOneKey, checkRange, checkRequired } from "../cluster-network-policy/crd-checks.ts";
import { checkRules, type ClusterPeerDocument, type RuleLimits } from "../cluster-network-policy/rules-schema.ts";
import { checkPortRange } from "../cluster-network-policy/schema.ts";

const adminPort = lazy(() =>
  z.strictObject({
    portNumber: z.strictObject({ protocol: argument.optional(), port: z.int().optional() }).optional(),
    namedPort: argument.optional(),
    portRange: z
      .strictObject({ protocol: argument.optional(), start: z.int().optional(), end: z.int().optional() })
      .optional(),
  }),
);

export type AdminPortDocument = z.infer<typeof adminPort>;

const PROTOCOLS = ["TCP", "UDP", "SCTP"];

export const adminPorts = lazy(() => z.array(adminPort)).optional();

interface AdminRule {
  readonly name?: string | undefined;
  readonly action?: string | undefined;
  readonly from?: readonly ClusterPeerDocument[] | undefined;
  readonly to?: readonly ClusterPeerDocument[] | undefined;
  readonly ports?: readonly AdminPortDocument[] | undefined;
}

function checkPort(port: AdminPortDocument, path: Path, report: Report): void {
  checkOneKey(port, ["portNumber", "namedPort", "portRange"], path, report);
  for (const key of ["portNumber", "portRange"] as const) {
    const protocol = port[key]?.protocol;
    if (protocol !== undefined && !PROTOCOLS.includes(protocol))
      report([...path, key, "protocol"], unsupportedValue(protocol, PROTOCOLS), { at: "value" });
  }
  if (port.portNumber !== undefined) {
    const at = [...path, "portNumber", "port"];
    checkRequired(port.portNumber.port, at, report);
    checkRange(port.portNumber.port, 1, 65535, at, report);
  }
  if (port.portRange === undefined) return;
  const { start = 0, end = 65536 } = port.portRange;
  checkPortRange(port.portRange, [...path, "portRange"], report);
  // The CRD has no such rule: such a range means no port.
  if (start > end)
    report([...path, "portRange"], `no port is in the range ${start} to ${end}`, {
      severity: "warning",
      at: "value",
      hint: "the API asks for start to be less than end, and checks it only since v1alpha2",
    });
}

export function checkAdminRules(
  spec: { readonly ingress?: readonly AdminRule[] | undefined; readonly egress?: readonly AdminRule[] | undefined },
  report: Report,
  limits: RuleLimits,
): void {
  for (const direction of ["ingress", "egress"] as const) {
    const list = spec[direction]?.map((rule) => ({
      ...rule,
      peers: rule.from ?? rule.to,
      hasNamedPort: rule.ports?.some((port) => port.namedPort !== undefined) === true,
    }));
    checkRules(direction, list, limits, report);
    for (const [i, { ports }] of (spec[direction] ?? []).entries()) {
      const at = ["spec", direction, i, "ports"];
      checkItems(ports, limits.most, at, report);
      for (const [j, port] of (ports ?? []).entries()) checkPort(port, [...at, j], report);
    }
  }
}
