/**
 * Cables between machines: the device that the machine's network brought becomes the end that the plan names, wherever
 * in this machine that is; once released, it waits in the machine's own namespace under another name.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { enterNetns, ownNetns, type NetnsHandle } from "../kernel/netns.ts";
import { readIfThere } from "../kernel/read-file.ts";
import { deleteAddr, dumpAddrs } from "../kernel/rtnl/addr.ts";
import { moveLink, setLink } from "../kernel/rtnl/link.ts";
import { dumpLinks, getLink, type KernelLink } from "../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../kernel/rtnl.ts";
import type { LinkSettings } from "../resources/link-settings.ts";
import type { VethResource } from "../resources/veth/definition.ts";
import { adjustLink } from "./links/link.ts";
import type { ApplyContext } from "./kind.ts";
import { findPort } from "./machine.ts";
import type { LabRuntime } from "./runtime.ts";

type End = LinkSettings & { readonly ns: string; readonly name: string };

/** The machine's own namespace, opened once. */
let home: NetnsHandle | undefined;

function homeNetns(): NetnsHandle {
  home ??= ownNetns();
  return home;
}

/** Under this name a device waits until it is taken: at most 15 characters. */
function waitingName(mac: string): string {
  return `kp${mac.replaceAll(":", "")}`;
}

/**
 * Clears the devices of new cables of what their network gave them (addresses, and with them routes), and the first time
 * the network's DNS rules. Returns the MACs of cables that have no device here.
 */
export function preparePorts(runtime: LabRuntime): string[] {
  const record = `${runtime.folder}/ports.json`;
  const known = readKnown(record);
  if (known === undefined) {
    dropForeignNat();
    allowIpv6(homeNetns(), "all", "default");
  }
  const indexes: Record<string, number> = { ...known };
  const rtnl = rtnlOf(homeNetns());
  const links = dumpLinks(rtnl);
  const missing: string[] = [];
  for (const port of runtime.machine?.ports ?? []) {
    const link = links.find(({ mac, index }) => mac === port.mac && index !== indexes[port.mac]);
    if (link === undefined) {
      if (!isHere(port, runtime, links)) missing.push(port.mac);
      continue;
    }
    const name = (index: number): string => links.find((one) => one.index === index)?.name ?? "";
    for (const addr of dumpAddrs(rtnl, name)) if (addr.dev === link.name) deleteAddr(rtnl, addr);
    moveLink(rtnl, link.index, waitingName(port.mac));
    indexes[port.mac] = link.index;
  }
  writeFileSync(record, JSON.stringify(indexes), { mode: 0o600 });
  return missing;
}

function isHere(
  port: { ns: string; name: string; mac: string },
  runtime: LabRuntime,
  links: readonly KernelLink[],
): boolean {
  if (links.some(({ name }) => name === waitingName(port.mac))) return true;
  const handle = runtime.find(port.ns);
  return handle !== undefined && getLink(rtnlOf(handle), port.name) !== undefined;
}

/** True when an end of the cable is a device that a network brought; it is in its place then. */
export function takePorts(resource: VethResource, context: ApplyContext): boolean {
  let any = false;
  for (const end of [resource, resource.peer]) {
    const port = findPort(context.machine, end);
    if (port === undefined) continue;
    any = true;
    takePort(end, port.mac, context);
  }
  return any;
}

function takePort(end: End, mac: string, context: ApplyContext): void {
  const target = context.netns(end.ns);
  const from = rtnlOf(homeNetns());
  const rtnl = rtnlOf(target);
  const waiting = getLink(from, waitingName(mac));
  if (waiting !== undefined) {
    moveLink(from, waiting.index, end.name, target.inode === homeNetns().inode ? undefined : target.fd);
    rtnl.forget();
    allowIpv6(target, end.name);
  }
  const link = getLink(rtnl, end.name);
  if (link === undefined) throw new Error(`the network's device with MAC ${mac} is not in this container`);
  adjustLink(rtnl, end.name, end, link);
}

/** As takePorts, the other way round: the device waits for its network to be taken away, or for another cable. */
export function givePorts(resource: VethResource, context: ApplyContext): boolean {
  let any = false;
  for (const end of [resource, resource.peer]) {
    const port = findPort(context.machine, end);
    if (port === undefined) continue;
    any = true;
    const target = context.find(end.ns);
    if (target === undefined) continue; // gone with its namespace
    const rtnl = rtnlOf(target);
    const link = getLink(rtnl, end.name);
    if (link === undefined) continue;
    setLink(rtnl, end.name, { mac: port.mac, master: link.masterIndex === undefined ? undefined : null });
    moveLink(rtnl, link.index, waitingName(port.mac), target.inode === homeNetns().inode ? undefined : homeNetns().fd);
  }
  return any;
}

/** Docker switches IPv6 off in containers, and on devices, of networks that have none. */
function allowIpv6(target: NetnsHandle, ...names: readonly string[]): void {
  enterNetns(target, () => {
    for (const name of names) {
      try {
        writeFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, "0");
      } catch {
        // no IPv6 in this kernel
      }
    }
  });
}

/**
 * An engine puts NAT rules for its DNS server into a container's own namespace, where the lab's would be. They are in the
 * nft or in the legacy tables, as the engine's own iptables has it.
 */
function dropForeignNat(): void {
  const hasLegacy = readIfThere("/proc/net/ip_tables_names")?.includes("nat") === true;
  const tools = ["iptables-nft", ...(hasLegacy ? ["iptables-legacy"] : [])];
  for (const tool of tools)
    for (const flag of ["-F", "-X"]) spawnSync(tool, ["-w", "-t", "nat", flag], { stdio: "ignore" });
}

function readKnown(path: string): Record<string, number> | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, number>;
  } catch {
    return undefined;
  }
}
