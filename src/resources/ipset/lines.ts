/** Commands for ipset that bring a set from one content to another; several changes at once by a swap, which is atomic. */
import type { Action } from "../operation.ts";
import type { IpsetResource } from "./definition.ts";

/** Words of one ipset command. */
export type IpsetLine = readonly string[];

/** ipset's default; a set may have more only if it was created with that size. */
const MAX_ELEMENTS = 65_536;

function creation(ipset: IpsetResource, name: string): IpsetLine {
  const { type, family, entries, timeout } = ipset;
  if (type === "bitmap:port") return ["create", name, type, "range", "0-65535"];
  const room = entries.length * 2 > MAX_ELEMENTS ? ["maxelem", String(entries.length * 2)] : [];
  const lasting = timeout === undefined ? [] : ["timeout", String(timeout)];
  return ["create", name, type, "family", family === "ipv6" ? "inet6" : "inet", "hashsize", "64", ...room, ...lasting];
}

function filled(ipset: IpsetResource, name: string): readonly IpsetLine[] {
  return [creation(ipset, name), ...ipset.entries.map((entry) => ["add", name, ...entry.split(" ")])];
}

/** Commands for ipset(8). `before` is what is in the set. */
export function ipsetLines(action: Action, ipset: IpsetResource, before?: IpsetResource): readonly IpsetLine[] {
  const { name } = ipset;
  if (action === "delete") return [["destroy", name]];
  if (action === "create") return filled(ipset, name);
  const wanted = new Set(ipset.entries);
  const there = new Set(before?.entries ?? []);
  const changes = [
    ...ipset.entries.filter((entry) => !there.has(entry)).map((entry) => ["add", name, ...entry.split(" ")]),
    ...[...there].filter((entry) => !wanted.has(entry)).map((entry) => ["del", name, entry.split(" ")[0] ?? ""]),
  ];
  if (before !== undefined && changes.length <= 1) return changes;
  // A name of full length (IPSET_MAXNAMELEN) has no room for another character. Each is gone before the next set has its own.
  const next = `${name.slice(0, 30)}~`;
  return [...filled(ipset, next), ["swap", next, name], ["destroy", next]];
}
