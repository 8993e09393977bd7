/** Connections as reach checks: what the policies say, and what the expectation file says, each proved with packets. */
import { FAMILY_NAMES } from "../../net/families.ts";
import type { SourceRef } from "../../cause.ts";
import type { ExpectationLine } from "../../load/policy-expectation.ts";
import type { Outcome } from "../../net/outcome.ts";
import type { ReachCheck } from "../../checks/reach/resolve.ts";
import type { Lab } from "../../lab/lab.ts";
import { connectionText, type Connection } from "../../oracle/policy/policy-connections.ts";
import type { ConnectionEnd } from "../../oracle/policy/connection-ends.ts";

/** Unexpected results are retried for this long: policies are in force before the first check, but a machine may be slow. */
const WITHIN = 10_000;
const TIMEOUT = 1000;
const PROTOCOLS = { TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const;

function unique(ends: readonly ConnectionEnd[]): ConnectionEnd[] {
  return [...new Map(ends.map((end) => [end.name, end])).values()];
}

/** One matrix; connections that are not in it are not probed. */
function reachCheck(
  name: string,
  source: SourceRef,
  connections: readonly Connection[],
  lab: Lab,
  expected: (connection: Connection) => boolean,
): ReachCheck {
  const from = unique(connections.map((connection) => connection.from));
  const to = unique(connections.map((connection) => connection.to));
  const cells = new Map(connections.map((connection) => [`${connection.from.name} ${connection.to.name}`, connection]));
  const [first] = connections;
  const target = ({ target, name }: ConnectionEnd) => ({ ...target, text: name });
  return {
    kind: "reach",
    name,
    source,
    // A result that contradicts the policies themselves will not change by waiting.
    within: connections.every((connection) => expected(connection) === connection.judgement.allowed) ? WITHIN : 100,
    timeout: TIMEOUT,
    families: first?.families ?? lab.families,
    expectFailure: false,
    // Which ports a container really serves is not known: a refusal by the pod means that the policies admitted the connection.
    arrival: true,
    from: from.map(target),
    to: to.map(target),
    protocol: PROTOCOLS[first?.protocol ?? "TCP"],
    port: first?.port,
    expect: from.map((a) =>
      to.map((b): Outcome | null => {
        const connection = cells.get(`${a.name} ${b.name}`);
        return connection === undefined ? null : expected(connection) ? "open" : "timeout";
      }),
    ),
  };
}

function byPort(connections: readonly Connection[], both: boolean): ReadonlyMap<string, readonly Connection[]> {
  return Map.groupBy(connections, ({ families: [family, more], protocol, port }) => {
    const only = more === undefined && both && family !== undefined ? ` (${FAMILY_NAMES[family]})` : "";
    return `${protocol} ${port}${only}`;
  });
}

/** The line that decides most about these: of the first policy that denies one, else of the request. */
function sourceOf(group: readonly Connection[]): SourceRef | undefined {
  const deciding = group.flatMap(({ judgement: { egress, ingress } }) =>
    [ingress, egress].map(({ isolatedBy, decidedBy }) => (isolatedBy[0] ?? decidedBy?.rule)?.cause.source),
  );
  return [...deciding, ...group.map(({ to }) => to.target.cause?.source)].find((source) => source !== undefined);
}

/** Packets do what the policies say, port by port. */
export function verdictChecks(connections: readonly Connection[], lab: Lab): readonly ReachCheck[] {
  return [...byPort(connections, lab.families.length > 1)].map(([port, group]) => {
    // Names last from commit to commit: counts are in the result.
    return reachCheck(
      `${port}: packets match the policies`,
      sourceOf(group) ?? lab.source,
      group,
      lab,
      ({ judgement }) => judgement.allowed,
    );
  });
}

export interface ExpectationPlan {
  readonly checks: readonly ReachCheck[];
  /** Lines that match no connection, or only such as lines before them decide. */
  readonly unused: readonly ExpectationLine[];
  /** Contradictions to the policies: one pair of pods for two workloads. */
  readonly wrong: readonly { readonly connection: Connection; readonly line: ExpectationLine }[];
}

export function expectationChecks(
  lines: readonly ExpectationLine[],
  connections: readonly Connection[],
  lab: Lab,
): ExpectationPlan {
  const decided = new Map<ExpectationLine, Connection[]>(lines.map((line) => [line, []]));
  for (const connection of connections) {
    const line = lines.find((one) => one.matches(connection));
    if (line !== undefined) decided.get(line)?.push(connection);
  }
  const checks = [...decided].flatMap(([line, group]) => {
    const ports = [...byPort(group, lab.families.length > 1)];
    return ports.map(([port, part]) =>
      reachCheck(`${line.text}${ports.length > 1 ? ` (${port})` : ""}`, line.source, part, lab, () => line.allow),
    );
  });
  return {
    checks,
    unused: [...decided].filter(([, group]) => group.length === 0).map(([line]) => line),
    wrong: [...decided].flatMap(([line, group]) => {
      const seen = new Set<string>();
      return group.flatMap((connection) => {
        const key = connectionText(connection.from.group, connection.to.group, connection);
        if (connection.judgement.allowed === line.allow || seen.has(key)) return [];
        seen.add(key);
        return [{ connection, line }];
      });
    }),
  };
}
