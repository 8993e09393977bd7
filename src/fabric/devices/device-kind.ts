/** A kind of device that is a type of `ip link` and its settings, as a lab file says it: a list of `spec.topology.nodes.NAME`. */
import type * as z from "zod";
import type { LinkData, LinkType } from "../../net/link-type.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { DeviceTable } from "../device-table.ts";

/** What makes the device, and what it is on. */
export interface TypedSettings<T extends LinkType = LinkType> {
  readonly type: T;
  readonly link?: string | undefined;
  readonly data: LinkData;
}

export interface WrittenDevice<S extends z.ZodType, K extends string, T extends LinkType> {
  /** What the resource is. */
  readonly kind: K;
  readonly schema: () => S;
  /** What the list is, in the reference. */
  readonly about: string;
  /** It takes what the device that it is on receives: it shares that device's segment. */
  readonly sharesSegment?: true | undefined;
  /** What a namespace has once: devices for which the words are the same cannot be there together. */
  only?(settings: TypedSettings): string;
  /** Mistakes go to `scope`, the place of the device. */
  resolve(doc: z.infer<S>, name: string, table: DeviceTable, scope: Scope): TypedSettings<T>;
}

/** Checks the types of one. */
export function defineDevice<S extends z.ZodType, K extends string, T extends LinkType>(
  one: WrittenDevice<S, K, T>,
): WrittenDevice<S, K, T> {
  return one;
}

/** The device below, which must be another one of the namespace. */
export function readLower(dev: string, name: string, table: DeviceTable, scope: Scope): string {
  const place = scope.at("dev");
  if (dev === name) place.error(`"${name}" cannot be on itself`, "name the device that it is on");
  else if (dev === "lo") place.error("lo carries no other devices", "name the end of a link, a bridge or a bond");
  else table.require(dev, place);
  return dev;
}
