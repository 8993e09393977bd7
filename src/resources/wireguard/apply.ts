/**
 * WireGuard devices: the device by rtnetlink, its keys and peers by generic netlink; where the kernel has no WireGuard, both by a
 * wireguard-go.
 */
import type { RuntimeApplier } from "../../apply/kind.ts";
import { adjustLink, existingLink } from "../../apply/links/link.ts";
import { typedLink } from "../../apply/links/typed-link.ts";
import type { LabRuntime } from "../../apply/runtime.ts";
import { kernelHasWireguard, WireguardGo, wireguardGoOf } from "../../apply/wireguard-go.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import { changeWireguard, getWireguard } from "../../kernel/wireguard.ts";
import { wireguardChange } from "./change.ts";
import type { WireguardResource } from "./definition.ts";

/** As the kernel calls the device of a wireguard-go. */
const TUN = "tun";

async function inUserSpace(resource: WireguardResource, runtime: LabRuntime): Promise<void> {
  const { ns, name } = resource;
  const rtnl = rtnlOf(runtime.netns(ns));
  let running = wireguardGoOf(resource, runtime);
  // It ends when its device is deleted.
  if (existingLink(rtnl, name, TUN) === undefined) {
    await running?.end();
    running = undefined;
  }
  running ??= await WireguardGo.start(resource, runtime);
  rtnl.forget(name);
  const link = existingLink(rtnl, name, TUN);
  if (link === undefined) throw new Error(`wireguard-go has made no device ${name}`);
  await running.set(resource.wireguard);
  adjustLink(rtnl, name, resource, link);
}

function set({ ns, name, wireguard: wanted }: WireguardResource, runtime: LabRuntime): void {
  const netns = runtime.netns(ns);
  changeWireguard(netns, name, wireguardChange(wanted, getWireguard(netns, name)));
}

export const wireguard: RuntimeApplier<"wireguard"> = {
  create(resource, runtime) {
    if (!kernelHasWireguard()) return inUserSpace(resource, runtime);
    typedLink.create(resource, runtime);
    set(resource, runtime);
  },
  update(resource, before, runtime) {
    if (!kernelHasWireguard()) return inUserSpace(resource, runtime);
    typedLink.update(resource, before, runtime);
    set(resource, runtime);
  },
  remove(resource, runtime) {
    const process = runtime.held<WireguardGo>("wireguard").get(resource.id);
    if (process !== undefined) return process.end();
    typedLink.remove(resource, runtime);
  },
  abandon(resource, runtime) {
    wireguardGoOf(resource, runtime)?.stop();
    runtime.held("wireguard").delete(resource.id);
  },
};
