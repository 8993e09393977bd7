/** BGPPeer manifests (projectcalico.org/v3, crd.projectcalico.org/v1): their shape, and the checks of the CRD. */
import * as z from "zod";
import { formatAddress, parseAddress } from "../../net/address.ts";
import { familyOf } from "../../net/families.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { asNumber, checkAsNumber, readAsNumber } from "../calico/as-number.ts";
import { checkSelector, readable } from "../calico/check-selector.ts";
import { goSeconds } from "../calico/go-duration.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import type { BgpPeerModel } from "./bgp-peer.ts";

const bgpPeer = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("projectcalico.org/v3"),
    kind: z.literal("BGPPeer"),
    metadata: objectMeta,
    spec: z.strictObject({
      node: argument.optional(),
      nodeSelector: argument.optional(),
      peerIP: argument.optional(),
      asNumber: asNumber.optional(),
      localASNumber: asNumber.optional(),
      peerSelector: argument.optional(),
      keepOriginalNextHop: z.boolean().optional(),
      nextHopMode: z.enum(["Auto", "Self", "Keep"]).optional(),
      password: anything,
      sourceAddress: z.enum(["UseNodeIP", "None", ""]).optional(),
      maxRestartTime: argument.optional(),
      keepaliveTime: argument.optional(),
      numAllowedLocalASNumbers: z.int().min(0).max(255).optional(),
      ttlSecurity: z.int().min(0).max(255).optional(),
      reachableBy: argument.optional(),
      filters: z.array(argument).optional(),
      localWorkloadSelector: argument.optional(),
      reversePeering: z.enum(["Auto", "Manual"]).optional(),
    }),
  }),
);

export type BgpPeerDocument = z.infer<typeof bgpPeer>;
type Spec = BgpPeerDocument["spec"];

const isSet = (value: unknown): boolean => value !== undefined && value !== "" && value !== 0 && value !== false;

/** Fields that exclude each other, in the words of the CRD. */
const EXCLUSIVE: readonly (readonly [keyof Spec, keyof Spec, string])[] = [
  ["node", "nodeSelector", "node and nodeSelector cannot both be set"],
  ["peerIP", "peerSelector", "peerIP and peerSelector cannot both be set"],
  ["peerSelector", "asNumber", "asNumber must be empty when peerSelector is set"],
  [
    "keepOriginalNextHop",
    "nextHopMode",
    "keepOriginalNextHop and nextHopMode cannot both be set; keepOriginalNextHop is deprecated, use nextHopMode instead",
  ],
];

/** `10.0.0.1`, `10.0.0.1:179`, `[fd00::1]:179`. */
function readPeer(text: string): BgpPeerModel["peerIP"] {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+|[0-9a-fA-F:.]*::?[0-9a-fA-F:.]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const whole = parseAddress(text);
  const address = whole ?? parseAddress(bracketed ?? plain ?? "");
  if (address === undefined) return undefined;
  if (whole !== undefined || port === undefined) return { address: formatAddress(address) };
  return Number(port) < 1 || Number(port) > 65_535
    ? undefined
    : { address: formatAddress(address), port: Number(port) };
}

function checkPeer({ peerIP, peerSelector, reachableBy, localWorkloadSelector }: Spec, report: Report): void {
  const peer = peerIP === undefined ? undefined : readPeer(peerIP);
  if (isSet(peerIP) && peer === undefined)
    report(["spec", "peerIP"], `Invalid value: "${peerIP}": is not an IP address, or IP:port`, {
      at: "value",
      hint: "10.0.0.1, 10.0.0.1:179 or [fd00::1]:179",
    });
  if (isSet(localWorkloadSelector))
    report(["spec", "localWorkloadSelector"], "BGP with pods is not supported here", {
      hint: "peers are nodes, and routers of the lab",
    });
  else if (!isSet(peerIP) && !isSet(peerSelector))
    report(["spec"], "BGPPeer names no peer", { hint: "peerIP is an address, peerSelector selects nodes" });
  if (!isSet(reachableBy)) return;
  const gateway = parseAddress(reachableBy ?? "");
  if (gateway === undefined)
    report(["spec", "reachableBy"], `Invalid value: "${reachableBy}": is not an IP address`, { at: "value" });
  else if (!isSet(peerIP)) report(["spec", "reachableBy"], "reachableBy must be empty when peerIP is empty");
  else if (peer !== undefined && familyOf(peer.address) !== gateway.family)
    report(["spec", "reachableBy"], "ReachableBy and PeerIP address family mismatched", { at: "value" });
}

export const bgpPeerKind: ManifestKind<"BGPPeer", BgpPeerDocument> = {
  kind: "BGPPeer",
  apiVersion: "projectcalico.org/v3",
  aliases: ["crd.projectcalico.org/v1"],
  words: ["bgppeer", "bgppeers"],
  schema: bgpPeer,
  validate({ metadata, spec }, report) {
    checkMetadata(metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkAsNumber(spec.asNumber, ["spec", "asNumber"], report);
    checkAsNumber(spec.localASNumber, ["spec", "localASNumber"], report);
    for (const [one, other, message] of EXCLUSIVE)
      if (isSet(spec[one]) && isSet(spec[other])) report(["spec", other], `Forbidden: ${message}`);
    checkPeer(spec, report);
    checkSelector(spec.nodeSelector, ["spec", "nodeSelector"], report);
    checkSelector(spec.peerSelector, ["spec", "peerSelector"], report);
    for (const field of ["maxRestartTime", "keepaliveTime"] as const)
      if (spec[field] !== undefined && goSeconds(spec[field]) === undefined)
        report(["spec", field], `time: invalid duration "${spec[field]}"`, { at: "value", hint: "write 120s" });
    if (spec.password !== undefined)
      report(["spec", "password"], "sessions have no passwords here", {
        severity: "warning",
        hint: "the session is built without it",
      });
  },
  resolve({ metadata: { name }, spec }, scope, { bgp }) {
    const text = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
    const gateway = parseAddress(spec.reachableBy ?? "");
    const model: BgpPeerModel = {
      name,
      node: text(spec.node),
      nodeSelector: isSet(spec.nodeSelector) ? readable(spec.nodeSelector) : undefined,
      peerIP: isSet(spec.peerSelector) ? undefined : readPeer(spec.peerIP ?? ""),
      peerSelector: isSet(spec.peerSelector) ? readable(spec.peerSelector) : undefined,
      asn: isSet(spec.asNumber) ? readAsNumber(spec.asNumber ?? 0) : undefined,
      localAs: isSet(spec.localASNumber) ? readAsNumber(spec.localASNumber ?? 0) : undefined,
      keepsNextHop: spec.keepOriginalNextHop === true,
      nextHopMode: spec.nextHopMode,
      sourceAddress: spec.sourceAddress === "None" ? "None" : "UseNodeIP",
      restartTime: goSeconds(spec.maxRestartTime ?? ""),
      keepaliveTime: goSeconds(spec.keepaliveTime ?? ""),
      ownAs: spec.numAllowedLocalASNumbers ?? 0,
      ttlSecurity: isSet(spec.ttlSecurity) ? spec.ttlSecurity : undefined,
      reachableBy: gateway === undefined ? undefined : formatAddress(gateway),
      filters: spec.filters ?? [],
      reverses: spec.reversePeering !== "Manual",
      cause: scope.cause(`BGPPeer ${name}`, "sessions besides the mesh"),
    };
    bgp.peers.push({ model, scope });
  },
};
