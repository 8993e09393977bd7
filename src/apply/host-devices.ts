/** Devices of the machine itself that links of a lab are to be put on: looked for before anything is built. */
import { HostError } from "../errors.ts";
import { closeNetns, ownNetns } from "../kernel/netns.ts";
import { getLink } from "../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import { hostLinksIn } from "../resources/hostlink/definition.ts";
import type { Resource } from "../resources/resource.ts";

/** Throws HostError that names one that is not there. */
export function requireHostDevices(resources: readonly Resource[]): void {
  const wanted = hostLinksIn(resources).filter(({ type }) => type === "macvlan");
  if (wanted.length === 0) return;
  const own = ownNetns();
  try {
    const missing = wanted.find(({ host }) => getLink(rtnlOf(own), host) === undefined);
    if (missing !== undefined)
      throw new HostError(`this host has no device ${missing.host}`, "ip -brief link lists its devices");
  } finally {
    closeNetns(own);
  }
}
