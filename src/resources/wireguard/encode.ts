/** WireGuard devices: `ip link`, and `wg setconf`, which replaces all that was set. */
import { shellLine } from "../../net/shell-word.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { enableLines, restoreLines } from "../encode-link-settings.ts";
import { typedLinkEncoder } from "../typed-link.ts";
import type { WireguardResource } from "./definition.ts";
import { endpointText } from "./settings.ts";
import type { WireguardPeer, WireguardSettings } from "./settings.ts";

function peerLines({ publicKey, presharedKey, endpoint, allowedIPs, keepalive }: WireguardPeer): readonly string[] {
  return [
    "[Peer]",
    `PublicKey = ${publicKey}`,
    ...(presharedKey === undefined ? [] : [`PresharedKey = ${presharedKey}`]),
    ...(allowedIPs.length === 0 ? [] : [`AllowedIPs = ${allowedIPs.join(", ")}`]),
    ...(endpoint === undefined ? [] : [`Endpoint = ${endpointText(endpoint)}`]),
    ...(keepalive === undefined ? [] : [`PersistentKeepalive = ${keepalive}`]),
  ];
}

/** Lines of its configuration file, see wg(8). */
function configuration({ privateKey, listenPort, peers }: WireguardSettings): readonly string[] {
  return ["[Interface]", `PrivateKey = ${privateKey}`, `ListenPort = ${listenPort}`, ...peers.flatMap(peerLines)];
}

/** Secrets come on standard input, from a builtin of the shell: arguments are seen by every user. */
function setLine(device: WireguardResource, shell: Shell): string {
  const { name, wireguard } = device;
  return `${shellLine("printf", "%s\\n", ...configuration(wireguard))} | ${shell.exec(device, "wg", "setconf", name, "/dev/stdin")}`;
}

export const wireguardEncoder: KindEncoder<WireguardResource> = {
  create: (device, shell) => [
    ...typedLinkEncoder.create({ ...device, up: false, master: undefined }, shell),
    setLine(device, shell),
    ...enableLines(device, shell),
  ],
  update: (device, before, shell) => [setLine(device, shell), ...typedLinkEncoder.update(device, before, shell)],
  restore: (device, shell, reason) => [setLine(device, shell), ...restoreLines(device, shell, reason)],
  remove: typedLinkEncoder.remove,
};
