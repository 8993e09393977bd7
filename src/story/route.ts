/** What the kernel's routing does with a packet, as `ip route get fibmatch` shows it. */
import type { AgentClient } from "../agent/client.ts";
import type { Family } from "../net/family.ts";

/** rt_tables. */
export const TABLES: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };

export interface ChosenRoute {
  /** `10.244.1.0/24 via 10.244.1.0 dev flannel.1`. */
  readonly text: string;
  /** `default`, `10.244.1.0/24`. */
  readonly to: string;
  readonly dev?: string | undefined;
  readonly via?: string | undefined;
  /** `main`, `local`, 100. */
  readonly table: string;
  readonly tableId: number;
  /** It is for this namespace itself. */
  readonly local: boolean;
}

/** `problem`: the kernel's own words. */
export type RouteAnswer = ChosenRoute | { readonly problem: string };

export interface RouteQuestion {
  readonly ns: string;
  readonly family: Family;
  readonly to: string;
  /** A packet that is forwarded; absent: sent here. */
  readonly from?: string | undefined;
  readonly iif?: string | undefined;
}

/** `main`, `100`. */
export function tableName(table: number): string {
  return Object.entries(TABLES).find(([, number]) => number === table)?.[0] ?? String(table);
}

/** Undefined: it could not be asked. */
export async function chosenRoute(client: AgentClient, question: RouteQuestion): Promise<RouteAnswer | undefined> {
  const { route, problem } = await client
    .call("routeOf", question)
    .catch(() => ({ route: undefined, problem: undefined }));
  if (problem !== undefined) return { problem };
  if (route === undefined) return undefined;
  const { type, to, via, dev, nexthops, table, mtu } = route;
  const everything = to === "0.0.0.0/0" || to === "::/0" ? "default" : to;
  const ways = nexthops ?? [{ via, dev }];
  const hops = ways.flatMap((one) => [...(one.via === undefined ? [] : [`via ${one.via}`]), ...(one.dev === undefined ? [] : [`dev ${one.dev}`])]); // prettier-ignore
  const words = [type === "unicast" ? "" : type, everything, ...hops, mtu === undefined ? "" : `mtu ${mtu}`];
  const [first] = ways;
  return {
    text: words.filter((word) => word !== "").join(" "),
    to: everything,
    dev: first?.dev,
    via: first?.via,
    table: tableName(table),
    tableId: table,
    local: type === "local" || table === TABLES["local"],
  };
}
