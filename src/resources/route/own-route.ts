/** A local route of the lab takes the place of the kernel's own one to an address: with another source. */
import type { RouteResource } from "./definition.ts";

const LOCAL_TABLE = 255;

/** What the kernel's own is known by; undefined: the route takes no such place. */
export function ownRouteBefore({
  type,
  table,
  to,
  dev,
}: Pick<RouteResource, "type" | "table" | "to" | "dev">):
  | Pick<RouteResource, "to" | "dev" | "type" | "table" | "onlink">
  | undefined {
  return type === "local" && table === LOCAL_TABLE ? { to, dev, type, table, onlink: false } : undefined;
}
