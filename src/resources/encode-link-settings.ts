/** Settings that all kinds of devices share, in the syntax of `ip link` and `bridge link`. */
import type { LinkSettings } from "./link-settings.ts";
import type { Shell } from "./encode-kind.ts";

interface Device extends LinkSettings {
  readonly ns: string;
  readonly node: string;
  readonly name: string;
}

/** That are on or off, in the words of `ip link` and of `bridge link`. */
const LINK_SWITCHES: readonly string[] = ["arp", "multicast"];
const PORT_SWITCHES: readonly string[] = [
  "guard",
  "root_block",
  "flood",
  "mcast_flood",
  "bcast_flood",
  "neigh_suppress",
  "locked",
];

type Words = readonly (string | number)[];

/**
 * Of a device that was changed by hand, only what differs (`p1: mtu is 1300, should be 1500; p1: flood is off, should be on`): even the same
 * MAC address, set again, costs the neighbours. Where nothing of its own does, its bridge, bond or VRF is recreated.
 */
export function restoreLines(device: Device, shell: Shell, reason: string): readonly string[] {
  const { name, mac, mtu, master, up } = device;
  const texts = reason.split("; ").filter((text) => text.startsWith(`${name}: `));
  const found = new Map(texts.map((text) => [text.split(" ")[1] ?? "", text.slice(text.lastIndexOf(" ") + 1)]));
  const moved = found.has("master") || found.size === 0;
  if (moved && device.bonded === true)
    return [shell.ip(device, "link", "set", name, "down"), ...enableLines(device, shell)];
  const words = [
    ...(found.has("mac") && mac !== undefined ? ["address", mac] : []),
    ...(found.has("mtu") && mtu !== undefined ? ["mtu", mtu] : []),
    ...(found.has("master") && master === undefined ? ["nomaster"] : []),
    ...(moved && master !== undefined ? ["master", master] : []),
    ...LINK_SWITCHES.flatMap((word) => (found.has(word) ? [word, found.get(word) ?? ""] : [])),
    ...(found.has("state") || moved ? [up ? "up" : "down"] : []),
  ];
  const own = {
    hairpin: device.hairpin ?? false,
    isolated: device.isolated ?? false,
    learning: device.learning ?? true,
  };
  const switches = [
    ...Object.entries(own).flatMap(([word, value]) => (found.has(word) ? [word, onOff(value)] : [])),
    ...PORT_SWITCHES.flatMap((word) => (found.has(word) ? [word, found.get(word) ?? ""] : [])),
  ];
  return [
    ...(words.length === 0 || (found.size === 0 && master === undefined)
      ? []
      : [shell.ip(device, "link", "set", name, ...words)]),
    ...(moved && master !== undefined ? portLines(device, shell) : []),
    ...(switches.length === 0 ? [] : [shell.bridge(device, "link", "set", "dev", name, ...switches)]),
  ];
}

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
