/** IPPool manifests (projectcalico.org/v3, crd.projectcalico.org/v1): their shape, and the checks of the CRD. */
import * as z from "zod";
import { formatPrefix, hasHostBits, parsePrefix, prefixesOverlap } from "../../net/address.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { checkSelector, readable } from "../calico/check-selector.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { BLOCK_SIZES, blockMistake, POOL_USES, TUNNEL_MODES } from "./ip-pool.ts";
import type { TunnelMode } from "./ip-pool.ts";

const mode = z.enum([...TUNNEL_MODES, ""]);

const ipPool = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("IPPool"),
    metadata: objectMeta,
    spec: z.strictObject({
      cidr: argument,
      vxlanMode: mode.optional(),
      ipipMode: mode.optional(),
      natOutgoing: z.boolean().optional(),
      disabled: z.boolean().optional(),
      disableBGPExport: z.boolean().optional(),
      blockSize: z.int().optional(),
      nodeSelector: argument.optional(),
      namespaceSelector: argument.optional(),
      allowedUses: z.array(z.enum(POOL_USES)).optional(),
      assignmentMode: z.enum(["Automatic", "Manual"]).optional(),
    }),
    status: anything,
  }),
);

export type IpPoolDocument = z.infer<typeof ipPool>;

const LINK_LOCAL = { ipv4: ["IPv4", "169.254.0.0/16"], ipv6: ["IPv6", "fe80::/10"] } as const;

const isOn = (mode: string | undefined): boolean => (mode ?? "") !== "" && mode !== "Never";

function checkModes({ spec: { ipipMode, vxlanMode, cidr } }: IpPoolDocument, report: Report): void {
  if (isOn(ipipMode) && isOn(vxlanMode))
    report(["spec", "vxlanMode"], "Forbidden: ipipMode and vxlanMode cannot both be enabled", {
      hint: "set one of them to Never",
    });
  if (isOn(ipipMode) && cidr.includes(":"))
    report(["spec", "ipipMode"], "Forbidden: IPIP is not supported on IPv6 pools", {
      hint: "use vxlanMode, or leave it out",
    });
}

function checkCidr({ spec: { cidr, blockSize, disabled } }: IpPoolDocument, report: Report): void {
  const at = ["spec", "cidr"];
  const prefix = parsePrefix(cidr);
  if (prefix === undefined) {
    report(at, `Invalid value: "${cidr}": IPPool CIDR must be a valid subnet`, { at: "value" });
    return;
  }
  if (hasHostBits(cidr))
    report(at, `Invalid value: "${cidr}": IPPool CIDR must be strictly masked`, {
      at: "value",
      hint: `write ${formatPrefix(prefix)}`,
    });
  const [title, local] = LINK_LOCAL[prefix.family];
  const range = parsePrefix(local);
  if (range !== undefined && prefixesOverlap(prefix, range))
    report(at, `Invalid value: "${cidr}": IPPool CIDR overlaps with ${title} link local range ${local}`, {
      at: "value",
    });
  const { usual } = BLOCK_SIZES[prefix.family];
  const wrong = blockMistake(prefix.family, prefix.length, blockSize ?? usual, disabled === true);
  if (wrong !== undefined)
    report(blockSize === undefined ? at : ["spec", "blockSize"], `Invalid value: ${wrong.message}`, {
      at: "value",
      hint: wrong.hint,
    });
}

export const ipPoolKind: ManifestKind<"IPPool", IpPoolDocument> = {
  kind: "IPPool",
  apiVersion: "projectcalico.org/v3",
  aliases: ["crd.projectcalico.org/v1"],
  words: ["ippool", "ippools"],
  schema: ipPool,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkCidr(object, report);
    checkModes(object, report);
    checkSelector(object.spec.nodeSelector, ["spec", "nodeSelector"], report);
    if ((object.spec.namespaceSelector ?? "") !== "")
      report(["spec", "namespaceSelector"], "not supported here: pools are chosen by node", {
        hint: "use nodeSelector",
      });
  },
  resolve({ metadata: { name }, spec }, scope, { ipPools }) {
    const prefix = parsePrefix(spec.cidr);
    if (prefix === undefined) return;
    const modeOf = (mode: TunnelMode | "" | undefined): TunnelMode =>
      mode === undefined || mode === "" ? "Never" : mode;
    const uses = spec.allowedUses ?? [];
    ipPools.push({
      scope,
      pool: {
        name,
        cidr: formatPrefix(prefix),
        family: prefix.family,
        blockSize: spec.blockSize ?? BLOCK_SIZES[prefix.family].usual,
        ipip: modeOf(spec.ipipMode),
        vxlan: modeOf(spec.vxlanMode),
        natOutgoing: spec.natOutgoing ?? false,
        ...(spec.disableBGPExport === true ? { unexported: true as const } : {}),
        // Only for pods that ask for it by an annotation.
        disabled: spec.disabled === true || spec.assignmentMode === "Manual",
        nodeSelector: readable(spec.nodeSelector),
        uses: uses.length === 0 ? ["Workload", "Tunnel"] : uses,
        cause: scope.cause(`IPPool ${name}`, "a pool of pod addresses"),
      },
    });
  },
};
