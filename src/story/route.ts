/** What the kernel's routing does with a packet, as ip-route(8) says: `ip route get fibmatch`. */
import type { AgentClient } from "../agent/client.ts";
import type { Family } from "../net/family.ts";

const TIMEOUT = 2000;
/** rt_tables. */
const TABLES: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };

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

interface RouteOfIp {
  readonly type?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
  readonly dev?: string;
  readonly table?: string;
}

export interface RouteQuestion {
  readonly ns: string;
  readonly family: Family;
  readonly to: string;
  /** A packet that is forwarded; absent: sent here. */
  readonly from?: string | undefined;
  readonly iif?: string | undefined;
  readonly mark?: number | undefined;
}

/** Undefined: it could not be asked. */
export async function chosenRoute(
  client: AgentClient,
  { ns, family, to, from, iif, mark }: RouteQuestion,
): Promise<RouteAnswer | undefined> {
  const source = from === undefined || iif === undefined ? [] : ["from", from, "iif", iif];
  const marked = mark === undefined ? [] : ["mark", String(mark)];
  const argv = ["ip", family === "ipv6" ? "-6" : "-4", "-j", "route", "get", "fibmatch", to, ...source, ...marked];
  const result = await client.call("run", { ns, argv, timeout: TIMEOUT }).catch(() => undefined);
  if (result === undefined) return undefined;
  if (result.exitCode !== 0)
    return { problem: /(?:RTNETLINK answers|Error): (.+)/.exec(result.stderr)?.[1] ?? result.stderr.trim() };
  const [route] = JSON.parse(result.stdout || "[]") as readonly RouteOfIp[];
  if (route === undefined) return undefined;
  const { type = "unicast", dst = to, gateway, via = {}, dev, table } = route;
  const hop = gateway ?? via.host;
  const local = type === "local" || table === "local";
  const words = [type === "unicast" ? "" : type, dst, hop === undefined ? "" : `via ${hop}`, dev === undefined ? "" : `dev ${dev}`]; // prettier-ignore
  const inTable = table ?? (local ? "local" : "main");
  return {
    text: words.filter((word) => word !== "").join(" "),
    to: dst,
    dev,
    via: hop,
    table: inTable,
    tableId: TABLES[inTable] ?? Number(inTable),
    local,
  };
}
