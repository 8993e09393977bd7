/** sysctls of a namespace. Removing one restores the previous value, unless it has been changed since. */
import { canWriteSysctl, readSysctls, sameValue, writeSysctl } from "../../kernel/sysctl.ts";
import type { SyncApplier } from "../../apply/kind.ts";

export const sysctl = {
  create(resource, context) {
    const netns = context.netns(resource.ns);
    if (resource.optional === true && !canWriteSysctl(netns, resource.key)) return;
    if (context.former !== undefined && context.former.get(resource.id) === undefined) {
      const was = readSysctls(netns, [resource.key])[resource.key];
      if (was !== undefined) context.former.keep(resource.id, was);
    }
    writeSysctl(netns, resource.key, resource.value);
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove(resource, context) {
    const was = context.former?.get(resource.id);
    if (was === undefined) return;
    const netns = context.find(resource.ns);
    if (netns === undefined) return; // gone with the namespace
    const now = readSysctls(netns, [resource.key])[resource.key];
    if (now === undefined || !sameValue(now, resource.value) || sameValue(now, was)) return;
    writeSysctl(netns, resource.key, was);
  },
} satisfies SyncApplier<"sysctl">;
