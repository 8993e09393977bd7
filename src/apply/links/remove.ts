/** Removing objects from a namespace that may already be gone. */
import { rtnlOf, type Rtnl } from "../../kernel/rtnl.ts";
import type { ApplyContext } from "../kind.ts";

/** Run `remove` unless the lab has no such namespace any more: what was in it went with it. */
export function removeIn(ns: string, context: ApplyContext, remove: (rtnl: Rtnl) => void): void {
  const handle = context.find(ns);
  if (handle !== undefined) remove(rtnlOf(handle));
}
