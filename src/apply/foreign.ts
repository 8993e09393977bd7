/** Objects with a name of the lab's that do not belong to the lab: they are left alone, and reported. */
import { getLink } from "../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { anotherDevice } from "../resources/link-settings.ts";
import { devicesOf } from "../resources/definitions.ts";
import { isNetns } from "../resources/netns/definition.ts";
import type { Operation } from "../resources/operation.ts";
import { netnsName } from "../net/netns-name.ts";
import type { Resource } from "../resources/resource.ts";
import { takenName } from "../resources/netns/apply.ts";
import type { LabRuntime } from "./runtime.ts";

/** Why it cannot be made or changed: a namespace that this lab's journal does not know, or another device has its name. */
export function whyForeign({ action, resource }: Operation, runtime: LabRuntime): string | undefined {
  if (action === "delete") return undefined;
  if (!isNetns(resource)) return foreignDevice(resource, runtime);
  if (action !== "create" || runtime.journal.record.netns.has(resource.id)) return undefined;
  return takenName(netnsName(runtime.lab, resource));
}

/** The sentence about a device that has taken the name of one of the resource's; undefined when there is none. */
export function foreignDevice(resource: Resource, runtime: LabRuntime): string | undefined {
  for (const { ns, name } of devicesOf(resource)) {
    const own = runtime.journal.record.devices.get(ns, name);
    const netns = own === undefined ? undefined : runtime.find(ns);
    const link = netns === undefined ? undefined : getLink(rtnlOf(netns), name);
    if (netns !== undefined && link !== undefined && link.index !== own)
      return `${anotherDevice(name)}; remove it with "ip -n ${netns.name} link del ${name}"`;
  }
  return undefined;
}
