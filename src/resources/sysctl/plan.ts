/** Sysctls of a namespace, or of one of its devices. */
import type { SysctlResource } from "./definition.ts";
import { changed, difference, ids, MISSING, SAME, type KindPlan } from "../kind.ts";
import { canonicalSysctlValue, isConntrackSysctl, sysctlDevice } from "../sysctl-key.ts";

export const sysctlPlan: KindPlan<SysctlResource> = {
  dependencies(sysctl, index) {
    const device = sysctlDevice(sysctl.key);
    const home = ids((device === undefined ? undefined : index.device(sysctl.ns, device)) ?? index.netns(sysctl.ns));
    const first = isConntrackSysctl(sysctl.key) ? index.rules(sysctl.ns) : [];
    return { needs: [...home, ...first], diesWith: home };
  },
  compare(sysctl, observed) {
    const actual = observed.namespace(sysctl.ns)?.state.sysctls[sysctl.key];
    const tried = observed.state.applied[sysctl.id] !== undefined;
    if (actual === undefined) return sysctl.optional === true && tried ? SAME : MISSING;
    return changed(difference(sysctl.key, canonicalSysctlValue(actual), canonicalSysctlValue(sysctl.value)));
  },
  replaces: () => false,
};
