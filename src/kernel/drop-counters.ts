/**
 * What a namespace's kernel counts where it throws packets away: of devices (proc_net_dev), of IP, ICMP, TCP and UDP
 * (Documentation/networking/snmp_counter.rst), of connection tracking.
 */
import { enterNetns } from "./netns.ts";
import type { NetnsHandle } from "./netns.ts";
import { readIfThere } from "./read-file.ts";

/** Names as nstat(8) shows them. */
const DROPS =
  /^(?:Ip6?(?:InHdrErrors|InAddrErrors|InNoRoutes|OutNoRoutes|InUnknownProtos|InDiscards|OutDiscards|InTooBigErrors|InTruncatedPkts|ReasmFails|FragFails)|IpExt(?:InNoRoutes|InTruncatedPkts|InCsumErrors)|Udp6?(?:NoPorts|InErrors|RcvbufErrors|SndbufErrors|InCsumErrors|MemErrors)|Icmp6?(?:InErrors|InCsumErrors)|TcpInErrs|TcpInCsumErrors|TcpExt(?:ListenOverflows|ListenDrops|TCPBacklogDrop|TCPReqQFullDrop|IPReversePathFilter|TCPMinTTLDrop|PFMemallocDrop|TCPRcvQDrop|TCPZeroWindowDrop|TCPOFODrop|TCPAOBad|TCPMD5Failure|PAWSActive|PAWSEstab))$/;
const CONNTRACK: ReadonlySet<string> = new Set(["invalid", "insert_failed", "drop", "early_drop"]);

/** By name: `IpInDiscards`, `eth0 rx_dropped`, `conntrack drop`. Empty where /proc shows none. */
export type DropCounters = Readonly<Record<string, number>>;

export function readDropCounters(netns: NetnsHandle): DropCounters {
  return enterNetns(netns, () => {
    const read = (file: string): readonly string[] =>
      (readIfThere(`/proc/thread-self/net/${file}`) ?? "").split("\n").filter((line) => line !== "");
    return {
      ...inPairs([...read("snmp"), ...read("netstat")]),
      ...inColumns(read("snmp6")),
      ...ofDevices(read("dev")),
      ...ofConntrack(read("stat/nf_conntrack")),
    };
  });
}

/** Two lines each: `Ip: Forwarding InReceives …`, `Ip: 1 42 …`. */
function inPairs(lines: readonly string[]): DropCounters {
  const found: Record<string, number> = {};
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [group = "", ...names] = (lines[i] ?? "").split(" ");
    const [, ...values] = (lines[i + 1] ?? "").split(" ");
    for (const [n, name] of names.entries()) {
      const key = group.replace(":", "") + name;
      if (DROPS.test(key)) found[key] = Number(values[n]);
    }
  }
  return found;
}

/** `Ip6InDiscards   0`. */
function inColumns(lines: readonly string[]): DropCounters {
  return Object.fromEntries(
    lines.flatMap((line): [string, number][] => {
      const [key = "", value] = line.split(/\s+/);
      return DROPS.test(key) ? [[key, Number(value)]] : [];
    }),
  );
}

function ofDevices(lines: readonly string[]): DropCounters {
  return Object.fromEntries(
    lines.flatMap((line): [string, number][] => {
      const [, name, rest = ""] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
      const values = rest.split(/\s+/).map(Number);
      const [rx, tx] = [values[3] ?? 0, values[11] ?? 0];
      return name === undefined ? [] : [[`${name} rx_dropped`, rx], [`${name} tx_dropped`, tx]]; // prettier-ignore
    }),
  );
}

/** A line of hexadecimal numbers for each processor. */
function ofConntrack([heading = "", ...lines]: readonly string[]): DropCounters {
  const names = heading.split(/\s+/);
  const found: Record<string, number> = {};
  for (const line of lines)
    for (const [n, value] of line.split(/\s+/).entries()) {
      const name = names[n] ?? "";
      if (CONNTRACK.has(name))
        found[`conntrack ${name}`] = (found[`conntrack ${name}`] ?? 0) + Number.parseInt(value, 16);
    }
  return found;
}
