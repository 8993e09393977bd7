/** Network namespaces: made with `lo` up, removed with everything in them. */
import { lstatSync, unlinkSync } from "node:fs";
import {
  closeNetns,
  createNetns,
  isNamed,
  nameOwnNetns,
  NETNS_FOLDER,
  findNetns,
  openNetns,
  removeNetns,
} from "../../kernel/netns.ts";
import type { NetnsHandle, NetnsIdentity } from "../../kernel/netns.ts";
import { setLink } from "../../kernel/rtnl/link.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import { addRule, dumpRules } from "../../kernel/rtnl/rule.ts";
import { netnsName } from "../../net/netns-name.ts";
import { missingOwnRules } from "../own-rules.ts";
import type { NetnsResource } from "./definition.ts";
import type { ApplyContext, SyncApplier } from "../../apply/kind.ts";

export const netns = {
  create(resource, context) {
    const known = knownNetns(resource.ns, context);
    const handle = known !== undefined && isLinked(known) ? known : make(resource, known, context);
    setLink(rtnlOf(handle), "lo", { up: true });
  },
  update(resource, _before, context) {
    this.create(resource, context);
    const rtnl = rtnlOf(context.netns(resource.ns));
    for (const rule of missingOwnRules(dumpRules(rtnl))) addRule(rtnl, rule);
  },
  remove(resource, context) {
    const known = knownNetns(resource.ns, context);
    if (known !== undefined) closeNetns(known);
    context.forgetNetns(resource.ns);
    const name = netnsName(context.lab, resource);
    if (isNamed(name, context.identities.get(resource.id)) === false) context.say?.(leftAlone(name));
    else removeNetns(name);
  },
} satisfies SyncApplier<"netns">;

/** The error when there is a namespace of that name; undefined when there is none. */
export function takenName(name: string): string | undefined {
  const found = findNetns(name);
  if (found === undefined) return undefined;
  closeNetns(found);
  return `network namespace ${name} already exists and does not belong to this lab; remove it with "ip netns del ${name}" or rename the lab`;
}

/** The lab's own was removed by hand, and another one has got its name. */
export function leftAlone(name: string): string {
  return `network namespace ${name} and what runs in it are left alone: it is not the one that this lab made`;
}

function make(resource: NetnsResource, stale: NetnsHandle | undefined, context: ApplyContext): NetnsHandle {
  if (stale !== undefined) {
    closeNetns(stale);
    context.forgetNetns(resource.ns);
  }
  const name = netnsName(context.lab, resource);
  const announce = (identity: NetnsIdentity): void => context.identities.keep(resource.id, identity);
  const isOwn = context.machine?.ownNamespace === resource.ns;
  const create = isOwn ? nameOwnNetns : createNetns;
  const handle = createOrExplain(name, () => create(name, announce));
  context.lookAtNew?.(handle, isOwn);
  context.registerNetns(resource.ns, handle, !isOwn);
  return handle;
}

function createOrExplain(name: string, create: () => NetnsHandle): NetnsHandle {
  try {
    return create();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (dropUnmounted(name)) return create();
    throw new Error(takenName(name) ?? `${name} is already set`, { cause: error });
  }
}

/** Remove the plain file that a kill between creating and mounting left; false when it is a real namespace. */
function dropUnmounted(name: string): boolean {
  const path = `${NETNS_FOLDER}/${name}`;
  try {
    closeNetns(openNetns(name));
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || !lstatSync(path).isFile()) throw error;
    unlinkSync(path);
    return true;
  }
}

/** False when the name was removed by hand while we hold the namespace open. */
function isLinked(handle: NetnsHandle): boolean {
  const found = findNetns(handle.name);
  if (found !== undefined) closeNetns(found);
  return found?.inode === handle.inode;
}

function knownNetns(ns: string, context: ApplyContext): NetnsHandle | undefined {
  try {
    return context.netns(ns);
  } catch {
    return undefined;
  }
}
