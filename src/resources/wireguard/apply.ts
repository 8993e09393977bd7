/** WireGuard devices: the device by rtnetlink, its keys and peers by generic netlink. */
import type { SyncApplier } from "../../apply/kind.ts";
import { typedLink } from "../../apply/kinds/typed-link.ts";
import { setWireguard } from "../../kernel/wireguard.ts";

export const wireguard: SyncApplier<"wireguard"> = {
  create(resource, context) {
    typedLink.create(resource, context);
    setWireguard(context.netns(resource.ns), resource.name, resource.wireguard);
  },
  update(resource, before, context) {
    typedLink.update(resource, before, context);
    setWireguard(context.netns(resource.ns), resource.name, resource.wireguard);
  },
  remove: (resource, context) => typedLink.remove(resource, context),
};
