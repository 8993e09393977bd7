/** sysctls of a namespace. Removing one leaves the value: what it was before is not known, and the namespace goes too. */
import { canWriteSysctl, writeSysctl } from "../../kernel/sysctl.ts";
import type { SyncApplier } from "../kind.ts";

export const sysctl = {
  create(resource, context) {
    const netns = context.netns(resource.ns);
    if (resource.optional === true && !canWriteSysctl(netns, resource.key)) return;
    writeSysctl(netns, resource.key, resource.value);
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove() {},
} satisfies SyncApplier<"sysctl">;
