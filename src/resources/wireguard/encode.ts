/** WireGuard devices: `ip link` and `wg`. */
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { enableLines } from "../encode-link-settings.ts";
import { typedLinkEncoder } from "../typed-link.ts";
import type { WireguardResource } from "./definition.ts";
import { endpointText } from "./settings.ts";

/** Secrets come on standard input: arguments are seen by every user. */
function setLines(device: WireguardResource, shell: Shell): readonly string[] {
  const { name, wireguard } = device;
  const set = (secret: string, ...words: readonly (string | number)[]): string =>
    `echo ${secret} | ${shell.exec(device, "wg", "set", name, ...words)}`;
  return [
    set(wireguard.privateKey, "private-key", "/dev/stdin", "listen-port", wireguard.listenPort),
    ...wireguard.peers.map(({ publicKey, presharedKey, endpoint, allowedIPs, keepalive }) => {
      const words = [
        "peer",
        publicKey,
        ...(presharedKey === undefined ? [] : ["preshared-key", "/dev/stdin"]),
        ...(endpoint === undefined ? [] : ["endpoint", endpointText(endpoint)]),
        ...(keepalive === undefined ? [] : ["persistent-keepalive", keepalive]),
        "allowed-ips",
        allowedIPs.join(","),
      ];
      return presharedKey === undefined ? shell.exec(device, "wg", "set", name, ...words) : set(presharedKey, ...words);
    }),
  ];
}

export const wireguardEncoder: KindEncoder<WireguardResource> = {
  create: (device, shell) => [
    ...typedLinkEncoder.create({ ...device, up: false, master: undefined }, shell),
    ...setLines(device, shell),
    ...enableLines(device, shell),
  ],
  update: (device, before, shell) => [...setLines(device, shell), ...typedLinkEncoder.update(device, before, shell)],
  remove: typedLinkEncoder.remove,
};
