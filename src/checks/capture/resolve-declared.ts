/** Captures and what their packets must look like, targets resolved. */
import type { CaptureDocument, PacketDocument, PacketExpectationDocument } from "./declared-schema.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";
import type { CaptureSpec } from "../../lab/capture.ts";
import type { PacketExpectation, PacketMatch } from "../../capture/packet-match.ts";
import { readTarget, readTargets } from "../../targets/destination.ts";
import type { Target } from "../../net/target.ts";
import { KEEP_HINT, parseKeep, parseRange } from "../../syntax/quantity.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { TargetIndex } from "../../targets/parse-target.ts";

/** Any packet as on a wire; packets not yet segmented by the kernel (GSO) may be longer. A ring has room for thousands. */
const SNAPLEN = 4000;

function readFilter(filter: string, scope: Scope): string {
  if (filter.trim().startsWith("-"))
    scope.error(`"${filter}" is not a filter`, "write pcap-filter(7) words: udp port 8472");
  return filter.trim();
}

function readKeep(text: string, scope: Scope): number | undefined {
  const bytes = parseKeep(text);
  if (bytes === undefined) scope.error(`"${text}" is not a size`, KEEP_HINT);
  return bytes;
}

export function resolveCaptures(
  docs: readonly CaptureDocument[],
  index: TargetIndex,
  scope: Scope,
): readonly CaptureSpec[] {
  const seen = new Map<string, Scope>();
  return docs.map((doc, i) => {
    const place = scope.at(i);
    const first = seen.get(doc.name);
    if (first !== undefined)
      place.at("name").error(`duplicate capture "${doc.name}"`, `first defined on line ${first.source().line}`);
    else seen.set(doc.name, place);
    const texts = typeof doc.at === "string" ? [doc.at] : doc.at;
    const at = texts.flatMap((text, j) =>
      readTargets(text, index, typeof doc.at === "string" ? place.at("at") : place.at("at", j)),
    );
    return {
      name: doc.name,
      at,
      ...(doc.filter === undefined || doc.filter.trim() === ""
        ? {}
        : { filter: readFilter(doc.filter, place.at("filter")) }),
      snaplen: doc.snaplen ?? SNAPLEN,
      ...(doc.keep === undefined ? {} : { keep: readKeep(doc.keep, place.at("keep")) }),
      source: place.source(),
    };
  });
}

function readPeer(text: string | undefined, index: TargetIndex, scope: Scope): string | Target | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  return address === undefined ? readTarget(text, index, scope) : formatAddress(address);
}

const MATCH_KEYS = [
  "sport",
  "dport",
  "protocol",
  "family",
  "ttl",
  "icmpType",
  "flags",
  "arpOp",
  "vni",
  "vlan",
  "dns",
  "http",
  "tls",
  "wireguard",
  "esp",
] as const;

function readFlags(flags: string, scope: Scope): string {
  const words = flags
    .toUpperCase()
    .split(/[\s,|]+/)
    .filter((word) => word !== "");
  const known = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
  for (const word of words)
    if (!known.includes(word)) scope.error(`unknown TCP flag "${word}"`, `flags: ${known.join(", ")}`);
  return words.join(",");
}

export function resolvePacket(doc: PacketDocument, index: TargetIndex, scope: Scope): PacketMatch {
  const src = readPeer(doc.src, index, scope.at("src"));
  const dst = readPeer(doc.dst, index, scope.at("dst"));
  const given = Object.fromEntries(MATCH_KEYS.flatMap((key) => (doc[key] === undefined ? [] : [[key, doc[key]]])));
  const at = doc.at === undefined ? undefined : readTarget(doc.at, index, scope.at("at"));
  return {
    ...given,
    ...(doc.flags === undefined ? {} : { flags: readFlags(doc.flags, scope.at("flags")) }),
    ...(src === undefined ? {} : { src }),
    ...(dst === undefined ? {} : { dst }),
    ...(doc.srcMac === undefined ? {} : { srcMac: doc.srcMac.toLowerCase() }),
    ...(doc.dstMac === undefined ? {} : { dstMac: doc.dstMac.toLowerCase() }),
    ...(doc.inner === undefined ? {} : { inner: resolvePacket(doc.inner, index, scope.at("inner")) }),
    ...(at === undefined ? {} : { at: at.text }),
  };
}

export function resolvePacketExpectation(
  doc: PacketExpectationDocument,
  index: TargetIndex,
  scope: Scope,
): PacketExpectation {
  const packets = doc.packets === undefined ? { min: 1, max: Number.MAX_SAFE_INTEGER } : parseRange(doc.packets);
  if (packets === undefined)
    scope.at("packets").error(`${JSON.stringify(doc.packets)} is not a count`, 'write 2, ">=1", "<=5" or "1..3"');
  if (packets?.max === 0 && doc.then !== undefined)
    scope.at("then").keyError("no packet is expected, so none can follow", "remove then, or expect packets");
  return {
    ...resolvePacket(doc, index, scope),
    packets: packets ?? { min: 1, max: Number.MAX_SAFE_INTEGER },
    then: (doc.then ?? []).map((one, i) => resolvePacket(one, index, scope.at("then", i))),
  };
}
