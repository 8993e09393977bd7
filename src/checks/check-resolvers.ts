/** How each kind of check is resolved: one function per kind. */
import type { CheckDocuments } from "./schema.ts";
import type { Check, CheckKind, PathCheck, ReachCheck } from "../lab/check.ts";
import { readDestination, readEndpoint, readTarget, readUrl } from "../targets/destination.ts";
import { formatAddress, parseAddress } from "../net/address.ts";
import { parseRate } from "../syntax/quantity.ts";
import { resolveReach } from "./resolve-reach.ts";
import { resolvePacketExpectation } from "./resolve-capture.ts";
import { checkPattern, readAnswer } from "./check-expectation.ts";
import type { Answer } from "./check-expectation.ts";
import { common, readFrom, requireCapture } from "./check-context.ts";
import type { CheckBase, CheckContext, CheckResolver } from "./check-context.ts";
import { SERVICE_CHECK_RESOLVERS } from "./service-check-resolvers.ts";
import type { Scope } from "../syntax/scope.ts";

const ping: CheckResolver<"ping"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const to = readDestination(doc.ping, context.index, scope.at("ping"));
  if (to === undefined) return undefined;
  const expect = typeof doc.expect === "object" ? doc.expect : { outcome: doc.expect ?? "open" };
  return {
    ...common(base, from, to),
    kind: "ping",
    from,
    to,
    count: doc.count ?? 1,
    ...(doc.size === undefined ? {} : { size: doc.size }),
    df: doc.df ?? false,
    expect: { ...expect, outcome: expect.outcome ?? "open" },
  };
};

function connect(
  kind: "tcp" | "udp",
  endpoint: string,
  doc: CheckDocuments["tcp"] | CheckDocuments["udp"],
  base: CheckBase,
  context: CheckContext,
  scope: Scope,
): Check | undefined {
  const from = readFrom(doc.from, context, scope);
  const found = readEndpoint(endpoint, context.index, scope.at(kind));
  const expect = readAnswer(doc.expect, context, scope);
  return found === undefined ? undefined : { ...common(base, from, found.to), kind, from, ...found, expect };
}
const tcp: CheckResolver<"tcp"> = (doc, base, context, scope) => connect("tcp", doc.tcp, doc, base, context, scope);
const udp: CheckResolver<"udp"> = (doc, base, context, scope) => connect("udp", doc.udp, doc, base, context, scope);

const http: CheckResolver<"http"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const found = readUrl(doc.http, context.index, scope.at("http"));
  const expect = typeof doc.expect === "object" ? doc.expect : {};
  checkPattern(expect.body, scope.at("expect", "body"));
  const answer = readAnswer(doc.expect, context, scope);
  if (found === undefined) return undefined;
  return {
    ...common(base, from, found.to),
    kind: "http",
    from,
    ...found,
    method: doc.method ?? "GET",
    headers: doc.headers ?? {},
    expect: {
      ...answer,
      ...(expect.status === undefined ? {} : { status: expect.status }),
      ...(expect.body === undefined ? {} : { body: expect.body }),
      headers: expect.headers ?? {},
    },
  };
};

/** Whom a dns check asks when it does not say. */
const CLUSTER_DNS = "svc/kube-system/kube-dns";

const dns: CheckResolver<"dns"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const server = readDestination(doc.server ?? CLUSTER_DNS, context.index, scope.at("server"));
  if (server === undefined) return undefined;
  const word = typeof doc.expect === "string" ? doc.expect : undefined;
  const fields = typeof doc.expect === "object" ? doc.expect : {};
  const outcome = word !== undefined && word === word.toLowerCase() ? word : undefined;
  return {
    ...common(base, from, server),
    kind: "dns",
    from,
    query: doc.dns,
    type: doc.type ?? "A",
    server,
    port: doc.port ?? 53,
    protocol: doc.protocol ?? "udp",
    expect: {
      outcome: (outcome as Answer["outcome"]) ?? fields.outcome ?? "open",
      rcode: word !== undefined && outcome === undefined ? word : (fields.rcode ?? "NOERROR"),
      ...(fields.answers === undefined ? {} : { answers: fields.answers.map(canonicalAnswer) }),
    },
  };
};

/** Addresses in answers are compared as text: written canonically. */
function canonicalAnswer(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address);
}

const command: CheckResolver<"command"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const expect = typeof doc.expect === "object" ? doc.expect : { exitCode: doc.expect };
  if (doc.command[0] === "")
    scope.at("command", 0).error("the program's name is empty", "write the program first: [ip, route]");
  checkPattern(expect.stdout, scope.at("expect", "stdout"));
  checkPattern(expect.stderr, scope.at("expect", "stderr"));
  return {
    ...common(base, from),
    kind: "command",
    from,
    argv: doc.command,
    expect: {
      exitCode: expect.exitCode ?? 0,
      ...(expect.stdout === undefined ? {} : { stdout: expect.stdout }),
      ...(expect.stderr === undefined ? {} : { stderr: expect.stderr }),
    },
  };
};

/** `default/client` or `node1/eth0`: names as traces give them. */
function places(
  texts: readonly string[] | undefined,
  context: CheckContext,
  scope: Scope,
): readonly string[] | undefined {
  return texts?.flatMap((text, i) => {
    const target = readTarget(text, context.index, scope.at(i));
    return target === undefined ? [] : [target.iface === undefined ? target.ns : `${target.ns}/${target.iface}`];
  });
}

const path: CheckResolver<"path"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const to = readDestination(doc.path, context.index, scope.at("path"));
  const [word = "icmp", portText] = (doc.protocol ?? "icmp").split(":");
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65535))
    scope.at("protocol").error(`"${portText}" is not a port`, "ports go from 1 to 65535");
  const hops = places(doc.expect.hops, context, scope.at("expect", "hops"));
  const crosses = places(doc.expect.crosses, context, scope.at("expect", "crosses"));
  const avoids = places(doc.expect.avoids, context, scope.at("expect", "avoids"));
  if (to === undefined) return undefined;
  if (hops === undefined && crosses === undefined && avoids === undefined)
    scope.at("expect").error("expect is empty", "give hops, crosses or avoids");
  return {
    ...common(base, from, to),
    kind: "path",
    from,
    to,
    protocol: word as PathCheck["protocol"],
    ...(port === undefined ? {} : { port }),
    expect: {
      ...(hops === undefined ? {} : { hops }),
      ...(crosses === undefined ? {} : { crosses }),
      ...(avoids === undefined ? {} : { avoids }),
    },
  };
};

const reach: CheckResolver<"reach"> = (doc, base, context, scope) => {
  const matrix = resolveReach(doc, context, scope);
  if (matrix === undefined) return undefined;
  const [to] = matrix.to;
  const check: ReachCheck = {
    ...common(base, matrix.from, to === undefined ? undefined : { kind: "target", target: to }),
    kind: "reach",
    ...matrix,
  };
  return check;
};

const throughput: CheckResolver<"throughput"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const target = readTarget(doc.throughput, context.index, scope.at("throughput"));
  const limit = (key: "min" | "max"): number | undefined => {
    const value = doc.expect[key];
    const rate = value === undefined ? undefined : parseRate(value);
    if (value !== undefined && rate === undefined)
      scope.at("expect", key).error(`${JSON.stringify(value)} is not a rate`, "write for example 10mbit");
    return rate;
  };
  const [min, max] = [limit("min"), limit("max")];
  if (doc.expect.min === undefined && doc.expect.max === undefined)
    scope.at("expect").error("expect is empty", "give min or max: { min: 5mbit }");
  if (min !== undefined && max !== undefined && min > max)
    scope.at("expect").error("min is larger than max", "swap min and max");
  if (target === undefined) return undefined;
  const to = { kind: "target", target } as const;
  return {
    ...common(base, from, to),
    kind: "throughput",
    from,
    to,
    seconds: doc.seconds ?? 1,
    expect: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) },
  };
};

const capture: CheckResolver<"capture"> = (doc, base, context, scope) => {
  requireCapture(doc.capture, context, scope.at("capture"));
  return {
    ...common(base, []),
    kind: "capture",
    capture: doc.capture,
    expect: resolvePacketExpectation(doc.expect, context.index, scope.at("expect")),
  };
};

const state: CheckResolver<"state"> = (doc, base, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const entries = Object.entries(doc.state).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const [entry, second] = entries;
  if (entry === undefined || second !== undefined) {
    scope
      .at("state")
      .error(
        entry === undefined
          ? "nothing to look for"
          : `one check looks for one thing, not ${entries.map(([k]) => k).join(" and ")}`,
        "set exactly one of route, neigh, fdb, rule, iptables, sysctl, link, addr",
      );
    return undefined;
  }
  const [what, match] = entry;
  if (what === "sysctl" && !/^\S+\s*=\s*\S/.test(match))
    scope.at("state", "sysctl").error(`"${match}" is not key=value`, "write net.ipv4.ip_forward=1");
  return {
    ...common(base, from),
    kind: "state",
    from,
    what: what as keyof typeof doc.state,
    match: match.trim(),
    present: doc.expect !== "absent",
  };
};

export const CHECK_RESOLVERS: { readonly [K in CheckKind]: CheckResolver<K> } = {
  ping,
  tcp,
  udp,
  http,
  dns,
  command,
  path,
  reach,
  throughput,
  capture,
  state,
  ...SERVICE_CHECK_RESOLVERS,
};
