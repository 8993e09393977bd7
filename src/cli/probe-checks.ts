/** What `probe` asks, as checks: one connection, or a matrix. */
import { UsageError } from "../errors.ts";
import type { CheckDocument } from "../checks/registry.ts";
import type { Outcome } from "../net/outcome.ts";
import { joinHostPort } from "../net/host-port.ts";

export interface ProbeQuestion {
  readonly from: readonly string[];
  /** `TARGET`, `TARGET:PORT`, an address or a name, several with commas; for `http` also a URL; none for `dns` of the lab's own server. */
  readonly to: readonly string[];
  readonly udp?: boolean | undefined;
  readonly sctp?: boolean | undefined;
  readonly icmp?: boolean | undefined;
  /** Path. */
  readonly http?: string | true | undefined;
  /** The name that is looked up. */
  readonly dns?: string | undefined;
  readonly size?: number | undefined;
  readonly df?: boolean | undefined;
  readonly count?: number | undefined;
  readonly family?: "ipv4" | "ipv6" | "both" | undefined;
  /** Milliseconds of one attempt. */
  readonly timeout?: number | undefined;
  readonly expect?: Outcome | undefined;
}

type Protocol = "tcp" | "udp" | "sctp" | "http" | "icmp";

interface Endpoint {
  readonly host: string;
  readonly port: string | undefined;
}

/** `[fd00::1]:80`, `pod/web:80`; several colons without brackets are an IPv6 address without a port. */
function endpointOf(text: string): Endpoint {
  const [, host = text, port] = /^\[(.*)\](?::(.+))?$/.exec(text) ?? /^([^:]*):([^:]+)$/.exec(text) ?? [];
  return { host, port };
}

/** `pod/a,pod/b:80`: the last one's port is that of all. */
function endpointsOf(text: string): readonly Endpoint[] {
  const all = text
    .split(",")
    .filter((one) => one !== "")
    .map(endpointOf);
  const port = all.at(-1)?.port;
  return all.map((one) => ({ ...one, port: one.port ?? port }));
}

function protocolOf({ udp, sctp, icmp, http }: ProbeQuestion, ports: boolean): Protocol {
  if (icmp === true) return "icmp";
  if (udp === true) return "udp";
  if (sctp === true) return "sctp";
  if (http !== undefined) return "http";
  return ports ? "tcp" : "icmp";
}

/** `--http URL` without a destination: it has one. */
function withUrl(question: ProbeQuestion): ProbeQuestion {
  const { http, to } = question;
  return typeof http === "string" && http.startsWith("http://") && to.length === 0
    ? { ...question, http: undefined, to: [http] }
    : question;
}

/** Throws UsageError for a question that has no sense. */
export function probeChecks(asked: ProbeQuestion): readonly CheckDocument[] {
  const question = withUrl(asked);
  const { from, to, dns, timeout, family, expect } = question;
  const common = {
    within: 0,
    ...(timeout === undefined ? {} : { timeout: timeout / 1000 }),
    ...(family === undefined ? {} : { family }),
  };
  const sources = from.length === 1 ? (from[0] ?? "") : [...from];
  if (dns !== undefined) {
    const servers = to.length === 0 ? [undefined] : to;
    return servers.map((server): CheckDocument => ({
      ...common,
      name: `${from.join(", ")} asks ${server ?? "its DNS server"} for ${dns}`,
      from: sources,
      dns,
      ...(server === undefined ? {} : { server }),
      ...(expect === undefined ? {} : { expect }),
    }));
  }
  if (to.length === 0)
    throw new UsageError("probe needs a destination", "TARGET:PORT for TCP, TARGET alone for a ping");
  const urls = to.filter((text) => text.startsWith("http://"));
  if (urls.length > 0)
    return urls.map((url): CheckDocument => ({
      ...common,
      name: `${from.join(", ")} → ${url}`,
      from: sources,
      http: url,
      ...(expect === undefined ? {} : { expect }),
    }));
  const byPort = Map.groupBy(to.flatMap(endpointsOf), ({ port }) => port);
  return [...byPort].flatMap(([port, ends]) => {
    const protocol = protocolOf(question, port !== undefined);
    if (port === undefined && ["tcp", "udp", "sctp"].includes(protocol))
      throw new UsageError(`${protocol} needs a port`, `write ${ends[0]?.host}:80`);
    return documentsOf(
      question,
      protocol,
      ends.map(({ host }) => host),
      port,
      common,
    );
  });
}

function documentsOf(
  question: ProbeQuestion,
  protocol: Protocol,
  hosts: readonly string[],
  port: string | undefined,
  common: Pick<CheckDocument, "within" | "timeout" | "family">,
): readonly CheckDocument[] {
  const { from, http, size, df, count, expect } = question;
  const [host = ""] = hosts;
  const isOne = from.length === 1 && from[0] !== "all" && hosts.length === 1 && host !== "all" && protocol !== "sctp";
  const end = port === undefined ? host : joinHostPort(host, port);
  const wanted = expect === undefined ? {} : { expect };
  if (!isOne) {
    const pick = (texts: readonly string[]): string | string[] => (texts.includes("all") ? "all" : [...texts]);
    const numbered = port === undefined ? {} : { port: portNumber(port) };
    if (protocol !== "icmp" && port === undefined) throw new UsageError("a matrix needs a port", `write ${host}:80`);
    const name = `${from.join(", ")} → ${hosts.join(", ")} ${protocol === "icmp" ? "ping" : `${protocol} ${port}`}`;
    return [{ ...common, name, reach: { from: pick(from), to: pick(hosts), protocol, ...numbered }, ...wanted }];
  }
  const [source = ""] = from;
  const name = `${source} → ${end} ${protocol === "icmp" ? "ping" : protocol}`;
  const base = { ...common, name, from: source };
  if (protocol === "icmp") {
    const packet = {
      ...(size === undefined ? {} : { size }),
      ...(df === undefined ? {} : { df }),
      ...(count === undefined ? {} : { count }),
    };
    const { expect: outcome } = question;
    if (outcome !== undefined && outcome !== "open" && outcome !== "timeout" && outcome !== "unreachable")
      throw new UsageError(`a ping is never ${outcome}`, "open, timeout or unreachable");
    return [{ ...base, ping: host, ...packet, ...(outcome === undefined ? {} : { expect: outcome }) }];
  }
  if (protocol === "http") {
    const url = `http://${end}${http === true || http === undefined ? "/" : http.replace(/^(?!\/)/, "/")}`;
    return [{ ...base, http: url, ...wanted }];
  }
  return [protocol === "udp" ? { ...base, udp: end, ...wanted } : { ...base, tcp: end, ...wanted }];
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError(
    `a matrix needs the number of a port, not "${text}"`,
    "a Service's port may have a name, a pod's here not",
  );
}
