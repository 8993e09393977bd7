/** What a namespace is like before the lab sets anything in it. */
import { readdirSync } from "node:fs";
import { enterNetns, type NetnsHandle } from "../kernel/netns.ts";
import { readSysctls } from "../kernel/sysctl.ts";
import { deviceKeys, mergeInherited, type InheritedValues } from "../resources/sysctl/inherited.ts";
import { INHERITED } from "../resources/sysctl/untouched.ts";

const DEVICES = "/proc/sys/net/ipv4/conf";

/** Settings of devices that already exist count as what new ones take. */
export function readBeginning(netns: NetnsHandle, hasDevices: boolean): InheritedValues {
  const found = [readSysctls(netns, INHERITED)];
  for (const device of hasDevices ? enterNetns(netns, () => readdirSync(DEVICES)) : []) {
    if (device === "all" || device === "default") continue;
    const keys = deviceKeys(device);
    const values = Object.entries(readSysctls(netns, [...keys.keys()]));
    found.push(Object.fromEntries(values.map(([key, value]) => [keys.get(key) ?? key, value])));
  }
  return mergeInherited(
    found.map((values) => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value]]))),
  );
}
