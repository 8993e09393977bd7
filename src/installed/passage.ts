/** A packet on its way through a node whose devices are known, with the marks that one table leaves to the next: what rules of host endpoints ask. */
import { POD } from "../net/pod-device.ts";
import type { HostPassage } from "../oracle/policy/host-verdict.ts";
import type { PolicyPacket } from "../oracle/policy/policy-oracle.ts";
import type { Family } from "../net/family.ts";
import type { PodDevices } from "../cluster/pod-devices.ts";
import { endOf, startTraveller } from "./way.ts";
import type { Arrival, RulePacket, Traveller, Ways } from "./way.ts";

/** iptables' tables; of nftables the priorities that they have. */
export type StopTable = "raw" | "mangle" | "filter";

/** Rules that packets are followed through, one table at a hook at a time. */
export interface Walker {
  readonly unread: ReadonlySet<string>;
  /** What has come so far; ways that ended there are not changed. `hook`: `PREROUTING`. */
  through(table: StopTable, hook: string, here: readonly Arrival[]): readonly Arrival[];
}

type Stop = readonly [table: StopTable, hook: string];

/** What is asked before Services translate, and after. */
function stopsOf({ in: from, out }: HostPassage): {
  readonly before: readonly Stop[];
  readonly after: readonly Stop[];
} {
  if (from === undefined)
    return {
      before: [["raw", "OUTPUT"]],
      after: [
        ["filter", "OUTPUT"],
        ["mangle", "POSTROUTING"],
      ],
    };
  return {
    before: [
      ["raw", "PREROUTING"],
      ["mangle", "PREROUTING"],
    ],
    after:
      out === undefined
        ? [["filter", "INPUT"]]
        : [
            ["filter", "FORWARD"],
            ["mangle", "POSTROUTING"],
          ],
  };
}

/** Undefined: such packets are not followed. */
export function passPassage(
  walkerOf: (packet: RulePacket) => Walker,
  podDevices: PodDevices | undefined,
  passage: HostPassage,
  family: Family,
): Ways | undefined {
  const { in: from, out, before, after } = passage;
  const isTranslated = before.to.address !== after.to.address || before.port !== after.port;
  const own = (device: string | undefined): string | undefined => (device === POD ? undefined : device);
  const packetOf = ({ from: { address }, to, port, protocol }: PolicyPacket): RulePacket | undefined =>
    protocol === "ICMP"
      ? undefined
      : {
          from: { kind: from === undefined ? "node" : from === POD ? "pod" : "outside", address },
          to: to.address,
          port,
          protocol,
          family,
          localAddresses: out === undefined ? [to.address] : [],
          podDevices,
          devices: { in: own(from), out: own(out) },
        };
  const [asked, translated] = [packetOf(before), packetOf(after)];
  if (asked === undefined || translated === undefined) return undefined;
  const unread = new Set<string>();
  const walk = (packet: RulePacket, stops: readonly Stop[], here: readonly Arrival[]): readonly Arrival[] => {
    const walking = walkerOf(packet);
    let now = here;
    for (const [table, hook] of stops) now = walking.through(table, hook, now);
    for (const rule of walking.unread) unread.add(rule);
    return now;
  };
  const { before: first, after: second } = stopsOf(passage);
  const arrived = walk(asked, first, [{ traveller: startTraveller(asked), exit: "accept" }]);
  const moved = arrived.map(({ traveller, exit }): Arrival => {
    const next: Traveller = {
      ...traveller,
      to: translated.to,
      port: translated.port,
      ...(isTranslated ? { endpoint: `${translated.to}:${translated.port}` } : {}),
    };
    return { traveller: next, exit };
  });
  const ends = walk(translated, second, moved);
  return { ways: ends.map(({ traveller, exit }) => endOf(traveller, exit)), unread: [...unread] };
}
