/** VLANs of bridge ports: `bridge vlan`. */
import { vlanChanges } from "./changes.ts";
import type { BridgevlanResource } from "./definition.ts";
import { DEFAULT_VLANS } from "./changes.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import type { BridgeVlan } from "../observed.ts";

function selfWord({ dev, bridge }: BridgevlanResource): readonly string[] {
  return dev === bridge ? ["self"] : [];
}

function lines(
  resource: BridgevlanResource,
  from: readonly BridgeVlan[],
  to: readonly BridgeVlan[],
  shell: Shell,
): readonly string[] {
  const { dev } = resource;
  const self = selfWord(resource);
  const { remove, add } = vlanChanges(from, to);
  return [
    ...remove.map(({ vid }) => shell.bridge(resource, "vlan", "del", "dev", dev, "vid", vid, ...self)),
    ...add.map(({ vid, pvid, untagged }) =>
      shell.bridge(
        resource,
        "vlan",
        "add",
        "dev",
        dev,
        "vid",
        vid,
        ...(pvid ? ["pvid"] : []),
        ...(untagged ? ["untagged"] : []),
        ...self,
      ),
    ),
  ];
}

export const bridgevlanEncoder: KindEncoder<BridgevlanResource> = {
  create: (resource, shell) => lines(resource, DEFAULT_VLANS, resource.vlans, shell),
  // Whatever is there: the kernel does not mind those that are not.
  update: (resource, _before, shell) => [
    shell.bridge(resource, "vlan", "del", "dev", resource.dev, "vid", "1-4094", ...selfWord(resource)),
    ...lines(resource, [], resource.vlans, shell),
  ],
  remove: (resource, shell) => lines(resource, resource.vlans, DEFAULT_VLANS, shell),
};
