/** sysctls of a namespace. Removing one leaves the value: what it was before is not known, and the namespace goes too. */
import { writeSysctl } from "../../kernel/sysctl.ts";
import type { SyncApplier } from "../kind.ts";

export const sysctl = {
  create(resource, context) {
    writeSysctl(context.netns(resource.ns), resource.key, resource.value);
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove() {},
} satisfies SyncApplier<"sysctl">;
