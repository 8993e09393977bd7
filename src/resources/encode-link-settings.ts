/** Settings that all kinds of devices share, in the syntax of `ip link` and `bridge link`. */
import type { LinkSettings } from "./link-settings.ts";
import type { Shell } from "./encode-kind.ts";

interface Device extends LinkSettings {
  readonly ns: string;
  readonly node: string;
  readonly name: string;
}

type Words = readonly (string | number)[];

/** Those that `ip link add` takes. */
export function addWords({ mac, mtu }: LinkSettings, defaultMtu?: number): Words {
  return [
    ...(mtu === undefined || mtu === defaultMtu ? [] : ["mtu", mtu]),
    ...(mac === undefined ? [] : ["address", mac]),
  ];
}

function onOff(value: boolean): string {
  return value ? "on" : "off";
}

/** Bridge port flags; only those that are set. */
function portLines(device: Device, shell: Shell): readonly string[] {
  const flags = [
    ...(device.hairpin === undefined ? [] : ["hairpin", onOff(device.hairpin)]),
    ...(device.isolated === undefined ? [] : ["isolated", onOff(device.isolated)]),
    ...(device.learning === undefined ? [] : ["learning", onOff(device.learning)]),
  ];
  return flags.length === 0 ? [] : [shell.bridge(device, "link", "set", "dev", device.name, ...flags)];
}

/** After the device exists: into its bridge, up. */
export function enableLines(device: Device, shell: Shell): readonly string[] {
  const { bonded, master, up } = device;
  if (bonded === true && master !== undefined)
    return [["master", master], ...(up ? [["up"]] : [])].map((words) =>
      shell.ip(device, "link", "set", device.name, ...words),
    );
  const words = [...(master === undefined ? [] : ["master", master]), ...(up ? ["up"] : [])];
  const lines = words.length === 0 ? [] : [shell.ip(device, "link", "set", device.name, ...words)];
  return device.master === undefined ? lines : [...lines, ...portLines(device, shell)];
}

/** All settings again, on a device that exists. */
export function setLines(device: Device, shell: Shell): readonly string[] {
  const master = device.master === undefined ? ["nomaster"] : ["master", device.master];
  if (device.bonded === true)
    return [shell.ip(device, "link", "set", device.name, ...addWords(device), "down"), ...enableLines(device, shell)];
  const set = shell.ip(device, "link", "set", device.name, ...addWords(device), ...master, device.up ? "up" : "down");
  return device.master === undefined ? [set] : [set, ...portLines(device, shell)];
}
