/** BGPPeer manifests of metallb.io (v1beta2, v1beta1): the routers that MetalLB's speakers have sessions with. */
import * as z from "zod";
import { familyOf } from "../../net/families.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { goSeconds } from "../calico/go-duration.ts";
import type { ManifestKind } from "../kind.ts";
import { objectMeta } from "../metadata.ts";
import { addNamespace, checkMetallbMetadata, checkSelectors, selectors, toSelectors } from "../metallb/metallb-kind.ts";
import type { MetallbPeerModel } from "../metallb/metallb-objects.ts";

const LARGEST_AS = 2 ** 32 - 1;
/** The largest port that the CRD takes. */
const LARGEST_PORT = 16_384;
const BGP_PORT = 179;
/** Seconds (RFC 4271 4.2). */
const LEAST_HOLD = 3;
const LONGEST_CONNECT = 65_535;

const metallbPeer = lazy(() =>
  z.strictObject({
    apiVersion: z.literal("metallb.io/v1beta2"),
    kind: z.literal("BGPPeer"),
    metadata: objectMeta,
    spec: z.strictObject({
      myASN: z.int(),
      peerASN: z.int().optional(),
      localASN: z.int().optional(),
      dynamicASN: argument.optional(),
      peerAddress: argument.optional(),
      interface: argument.optional(),
      sourceAddress: argument.optional(),
      peerPort: z.int().optional(),
      holdTime: argument.nullable().optional(),
      keepaliveTime: argument.nullable().optional(),
      connectTime: argument.nullable().optional(),
      routerID: argument.optional(),
      nodeSelectors: selectors.optional(),
      password: argument.optional(),
      passwordSecret: z.strictObject({ name: argument.optional(), namespace: argument.optional() }).optional(),
      bfdProfile: argument.optional(),
      enableGracefulRestart: z.boolean().optional(),
      ebgpMultiHop: z.boolean().optional(),
      vrf: argument.optional(),
      disableMP: z.boolean().optional(),
      dualStackAddressFamily: z.boolean().optional(),
    }),
    status: anything,
  }),
);

export type MetallbPeerDocument = z.infer<typeof metallbPeer>;
type Spec = MetallbPeerDocument["spec"];

function checkNumbers(spec: Spec, report: Report): void {
  for (const field of ["myASN", "peerASN", "localASN"] as const) {
    const value = spec[field];
    const least = field === "localASN" ? 1 : 0;
    if (value !== undefined && (value < least || value > LARGEST_AS))
      report(
        ["spec", field],
        `Invalid value: ${value}: spec.${field} in body should be ${value < least ? `greater than or equal to ${least}` : `less than or equal to ${LARGEST_AS}`}`,
        { at: "value", hint: "private ones are 64512 to 65534" },
      );
  }
  const { peerPort: port } = spec;
  if (port !== undefined && (port < 0 || port > LARGEST_PORT))
    report(
      ["spec", "peerPort"],
      `Invalid value: ${port}: spec.peerPort in body should be ${port < 0 ? "greater than or equal to 1" : `less than or equal to ${LARGEST_PORT}`}`,
      { at: "value", hint: "the router listens on port 179" },
    );
}

function checkAsNumbers({ myASN, peerASN = 0, dynamicASN = "", ebgpMultiHop }: Spec, report: Report): void {
  if (myASN === 0) report(["spec", "myASN"], "missing local ASN", { at: "value" });
  if (peerASN === 0 && dynamicASN === "")
    report(["spec"], "missing peer ASN and dynamicASN", { hint: "peerASN is the AS of the router" });
  if (peerASN !== 0 && dynamicASN !== "")
    report(["spec", "dynamicASN"], "both peer ASN and dynamicASN specified", { at: "value" });
  if (dynamicASN !== "" && dynamicASN !== "internal" && dynamicASN !== "external")
    report(["spec", "dynamicASN"], `invalid dynamicASN ${dynamicASN}`, { at: "value", hint: "internal, or external" });
  if (peerASN === myASN && ebgpMultiHop === true)
    report(["spec", "ebgpMultiHop"], "invalid ebgp-multihop parameter set for an ibgp peer", { at: "value" });
}

function checkAddresses(
  { peerAddress = "", interface: device = "", routerID = "", sourceAddress = "" }: Spec,
  report: Report,
): void {
  if (peerAddress === "" && device === "")
    report(["spec"], "peer has no Address or Interface specified", { hint: "peerAddress: 192.168.50.1" });
  if (peerAddress !== "" && device !== "")
    report(["spec", "interface"], "peer has both Address and Interface specified", { at: "value" });
  else if (device !== "")
    report(["spec", "interface"], "unnumbered peers are not supported here", {
      hint: "peerAddress: 192.168.50.1, the router's address on the nodes' subnet",
    });
  if (peerAddress !== "" && parseAddress(peerAddress) === undefined)
    report(["spec", "peerAddress"], `invalid BGPPeer address ${JSON.stringify(peerAddress)}`, { at: "value" });
  if (routerID !== "" && parseAddress(routerID) === undefined)
    report(["spec", "routerID"], `invalid router ID ${JSON.stringify(routerID)}`, { at: "value" });
  const source = parseAddress(sourceAddress);
  if (sourceAddress !== "" && source === undefined)
    report(["spec", "sourceAddress"], `invalid source IP ${JSON.stringify(sourceAddress)}`, { at: "value" });
  const peer = parseAddress(peerAddress);
  if (source !== undefined && peer !== undefined && source.family !== peer.family)
    report(["spec", "sourceAddress"], `${sourceAddress} and ${peerAddress} are of different families`, { at: "value" });
}

/** As MetalLB fills one by the other (parseTimers). Seconds. */
function timers({ holdTime, keepaliveTime }: Spec): { readonly hold?: number; readonly keepalive?: number } {
  const hold = holdTime === undefined || holdTime === null ? undefined : goSeconds(holdTime);
  const keepalive = keepaliveTime === undefined || keepaliveTime === null ? undefined : goSeconds(keepaliveTime);
  if (hold === undefined && keepalive === undefined) return {};
  return { hold: hold ?? (keepalive ?? 0) * 3, keepalive: keepalive ?? Math.floor((hold ?? 0) / 3) };
}

function checkTimers(spec: Spec, report: Report): void {
  for (const field of ["holdTime", "keepaliveTime", "connectTime"] as const) {
    const text = spec[field];
    if (text !== undefined && text !== null && goSeconds(text) === undefined)
      report(["spec", field], `time: invalid duration "${text}"`, { at: "value", hint: "write 90s" });
  }
  const { hold, keepalive } = timers(spec);
  const invalid = "invalid BGPPeer timers";
  if (hold !== undefined && hold !== 0 && hold < LEAST_HOLD)
    report(
      ["spec", spec.holdTime === undefined ? "keepaliveTime" : "holdTime"],
      `${invalid}: invalid hold time "${spec.holdTime ?? `${hold}s`}": must be 0 or >=3s`,
      { at: "value" },
    );
  else if (hold !== undefined && keepalive !== undefined && keepalive > hold)
    report(
      ["spec", "keepaliveTime"],
      `${invalid}: invalid keepaliveTime "${spec.keepaliveTime}", must be lower than holdTime "${spec.holdTime}"`,
      { at: "value" },
    );
  const connect = goSeconds(spec.connectTime ?? "1s");
  if (connect !== undefined && (connect < 1 || connect > LONGEST_CONNECT))
    report(["spec", "connectTime"], "connect time should be between 1 seconds to 65535", { at: "value" });
}

export const metallbPeerKind: ManifestKind<"BGPPeer.metallb.io", MetallbPeerDocument> = {
  kind: "BGPPeer.metallb.io",
  apiVersion: "metallb.io/v1beta2",
  aliases: ["metallb.io/v1beta1"],
  words: ["bgppeer.metallb.io", "bgppeers.metallb.io"],
  schema: metallbPeer,
  validate({ metadata, spec }, report) {
    checkMetallbMetadata(metadata, report);
    checkNumbers(spec, report);
    checkAsNumbers(spec, report);
    checkAddresses(spec, report);
    checkTimers(spec, report);
    checkSelectors(spec.nodeSelectors, "nodeSelectors", ["spec", "nodeSelectors"], report);
    const { password = "", passwordSecret } = spec;
    if (password !== "" && (passwordSecret?.name ?? "") !== "")
      report(
        ["spec", "passwordSecret"],
        `can not have both password and secret ref set in peer config "${metadata.namespace}"/"${metadata.name}"`,
      );
    if ((spec.vrf ?? "") !== "")
      report(["spec", "vrf"], "peers in a VRF are not supported here: nodes have none", { hint: "leave vrf out" });
    if (spec.disableMP === true)
      report(["spec", "disableMP"], "disableMP has no effect: each session carries its own family alone", {
        severity: "warning",
        hint: "dualStackAddressFamily: true is for both families over one session",
      });
  },
  resolve({ metadata, spec }, scope, { metallb }) {
    const text = (value: string | undefined): string | undefined => (value === "" ? undefined : value);
    const address = (value = ""): string | undefined => {
      const parsed = parseAddress(value);
      return parsed === undefined ? undefined : formatAddress(parsed);
    };
    addNamespace(metadata, scope, metallb);
    const peer = address(spec.peerAddress);
    if (peer === undefined) return;
    const { hold, keepalive } = timers(spec);
    const { name, namespace = "default" } = metadata;
    const secret = spec.passwordSecret;
    const model: MetallbPeerModel = {
      name,
      myAsn: spec.myASN,
      peerAsn: spec.peerASN === 0 ? undefined : spec.peerASN,
      dynamicAsn: spec.dynamicASN === "internal" || spec.dynamicASN === "external" ? spec.dynamicASN : undefined,
      localAsn: spec.localASN,
      address: peer,
      source: address(spec.sourceAddress),
      port: spec.peerPort === undefined || spec.peerPort === 0 ? BGP_PORT : spec.peerPort,
      holdTime: hold,
      keepaliveTime: keepalive,
      connectTime: spec.connectTime === null ? undefined : goSeconds(spec.connectTime ?? ""),
      routerId: address(spec.routerID),
      nodeSelectors: toSelectors(spec.nodeSelectors),
      password: text(spec.password),
      passwordSecret:
        text(secret?.name) === undefined
          ? undefined
          : { name: secret?.name ?? "", namespace: text(secret?.namespace) ?? namespace },
      bfdProfile: text(spec.bfdProfile),
      gracefulRestart: spec.enableGracefulRestart ?? false,
      multiHop: spec.ebgpMultiHop ?? false,
      bothFamilies: spec.dualStackAddressFamily ?? false,
      cause: scope.cause(`BGPPeer ${name}`, `a session with ${familyOf(peer) === "ipv4" ? peer : `[${peer}]`}`),
    };
    metallb.peers.push({ model, scope });
  },
};
