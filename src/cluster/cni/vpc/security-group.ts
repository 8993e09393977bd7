/** Security groups: what EC2 knows of them, here `spec.cluster.cni.securityGroups`; mistakes in EC2's words. */
import type { Cause } from "../../../cause.ts";
import { formatPrefix, parsePrefix } from "../../../net/address.ts";
import { nearestNames } from "../../../syntax/nearest.ts";
import type { Scope } from "../../../syntax/scope.ts";
import type { SchemaWords } from "../plugin.ts";

const PROTOCOLS = ["tcp", "udp", "icmp", "icmpv6", "all"] as const;
/** Of a network interface, by default. */
const MOST_GROUPS = 5;
/** Names of ipsets have 31 characters at most, of which two are the family's. */
const ID = /^sg-[0-9a-z-]{1,26}$/;
const ANYWHERE = ["0.0.0.0/0", "::/0"];

export function securityGroupsSchema({ z }: SchemaWords) {
  const traffic = {
    protocol: z.enum(PROTOCOLS).optional().describe("Default all"),
    port: z.union([z.int(), z.string()]).optional().describe("With tcp or udp: 80, or 8000-8100; default all"),
  };
  const peers = z
    .array(z.string())
    .min(1)
    .describe("Prefixes, or security groups: whatever an ENI with one of these sends or gets");
  return z.record(
    z.string(),
    z.strictObject({
      ingress: z
        .array(z.strictObject({ ...traffic, from: peers }))
        .optional()
        .describe("What may come in; default nothing"),
      egress: z
        .array(z.strictObject({ ...traffic, to: peers }))
        .optional()
        .describe("What may go out; default everything"),
    }),
  );
}

interface TrafficDocument {
  readonly protocol?: (typeof PROTOCOLS)[number] | undefined;
  readonly port?: string | number | undefined;
}

export type SecurityGroupsDocument = Readonly<
  Record<
    string,
    {
      readonly ingress?: readonly (TrafficDocument & { readonly from: readonly string[] })[] | undefined;
      readonly egress?: readonly (TrafficDocument & { readonly to: readonly string[] })[] | undefined;
    }
  >
>;

/** Plain data: it is kept with the lab. */
export interface GroupRule {
  /** Absent: all. */
  readonly protocol?: "tcp" | "udp" | "icmp" | "icmpv6" | undefined;
  /** First and last. */
  readonly ports?: readonly [number, number] | undefined;
  /** A prefix, or a security group. */
  readonly peer: string;
  readonly cause: Cause;
}

export interface SecurityGroup {
  readonly id: string;
  readonly ingress: readonly GroupRule[];
  readonly egress: readonly GroupRule[];
  readonly cause: Cause;
}

export const isGroup = (peer: string): boolean => peer.startsWith("sg-");

function portsOf({ protocol, port }: TrafficDocument, scope: Scope): GroupRule["ports"] {
  if (port === undefined) return undefined;
  const [first, last = first] = String(port)
    .split("-")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  const place = scope.at("port");
  if (protocol !== "tcp" && protocol !== "udp")
    place.error("a port needs protocol tcp or udp", "add protocol: tcp, or leave port out");
  else if (first === undefined || last === undefined || !(first >= 0 && first <= last && last <= 65_535))
    place.error(`InvalidParameterValue: Invalid value '${port}' for port`, "80, or 8000-8100");
  else return [first, last];
  return undefined;
}

function rulesOf(
  direction: "ingress" | "egress",
  docs: readonly (TrafficDocument & { readonly peers: readonly string[] })[],
  known: ReadonlySet<string>,
  scope: Scope,
): readonly GroupRule[] {
  const key = direction === "ingress" ? "from" : "to";
  return docs.flatMap((doc, i) => {
    const place = scope.at(direction, i);
    const { protocol = "all" } = doc;
    const ports = portsOf(doc, place);
    const cause = place.cause(
      "security group",
      `${direction}: ${protocol} ${doc.port ?? ""} ${key} ${doc.peers.join(", ")}`,
    );
    return doc.peers.flatMap((peer, n): readonly GroupRule[] => {
      const where = place.at(key, n);
      const prefix = isGroup(peer) ? undefined : parsePrefix(peer);
      if (isGroup(peer)) checkKnown(peer, known, where);
      else if (prefix === undefined)
        where.error(`InvalidParameterValue: CIDR block ${peer} is malformed`, "a prefix like 10.0.0.0/16, or sg-…");
      return [
        {
          ...(protocol === "all" ? {} : { protocol }),
          ports,
          peer: prefix === undefined ? peer : formatPrefix(prefix),
          cause,
        },
      ];
    });
  });
}

function checkKnown(id: string, known: ReadonlySet<string>, scope: Scope): void {
  if (known.has(id)) return;
  const near = nearestNames(id, known);
  scope.error(
    `InvalidGroup.NotFound: The security group '${id}' does not exist`,
    near.length === 0
      ? `describe it in cni.securityGroups: ${id}: { ingress: [ … ] }`
      : `did you mean ${near.join(" or ")}?`,
  );
}

/** Groups of an ENI, at the place that gives them to it: which exist, and no more than it may have. */
export function checkGroups(ids: readonly string[], groups: readonly SecurityGroup[], at: (i: number) => Scope): void {
  const known = new Set(groups.map(({ id }) => id));
  for (const [i, id] of ids.entries()) checkKnown(id, known, at(i));
  if (ids.length > MOST_GROUPS)
    at(MOST_GROUPS).error(
      "SecurityGroupsPerInterfaceLimitExceeded: The maximum number of security groups per interface has been reached.",
      `an ENI has at most ${MOST_GROUPS}`,
    );
}

/** `scope`: of `securityGroups`. */
export function resolveGroups(doc: SecurityGroupsDocument, scope: Scope): readonly SecurityGroup[] {
  const known = new Set(Object.keys(doc));
  return Object.entries(doc).map(([id, { ingress = [], egress = [{ to: ANYWHERE }] }]) => {
    const place = scope.at(id);
    if (!ID.test(id))
      place.keyError(`"${id}" is not a security group's ID`, "sg- and digits, lower case letters or hyphens: sg-web");
    const cause = place.cause(`security group ${id}`, "described in cni.securityGroups");
    return {
      id,
      ingress: rulesOf(
        "ingress",
        ingress.map(({ from, ...one }) => ({ ...one, peers: from })),
        known,
        place,
      ),
      egress: rulesOf(
        "egress",
        egress.map(({ to, ...one }) => ({ ...one, peers: to })),
        known,
        place,
      ),
      cause,
    };
  });
}
