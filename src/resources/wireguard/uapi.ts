/** WireGuard's cross-platform protocol for user-space implementations: lines `key=value`, keys in hex (wireguard.com/xplatform). */
import { Buffer } from "node:buffer";
import type { WireguardChange } from "./change.ts";
import { endpointText } from "./settings.ts";
import type { WireguardPeer, WireguardSettings } from "./settings.ts";

const NO_KEY = "0".repeat(64);

const hex = (key: string): string => Buffer.from(key, "base64").toString("hex");
const base64 = (key: string): string => Buffer.from(key, "hex").toString("base64");

export const GET = "get=1\n\n";

export function setRequest({ privateKey, listenPort, removed, peers }: WireguardChange): string {
  const lines = [
    "set=1",
    ...(privateKey === undefined ? [] : [`private_key=${hex(privateKey)}`]),
    ...(listenPort === undefined ? [] : [`listen_port=${listenPort}`]),
    ...removed.flatMap((publicKey) => [`public_key=${hex(publicKey)}`, "remove=true"]),
    ...peers.flatMap(({ publicKey, presharedKey, endpoint, keepalive, allowedIPs }) => [
      `public_key=${hex(publicKey)}`,
      ...(presharedKey === undefined ? [] : [`preshared_key=${hex(presharedKey)}`]),
      ...(endpoint === undefined ? [] : [`endpoint=${endpointText(endpoint)}`]),
      `persistent_keepalive_interval=${keepalive ?? 0}`,
      "replace_allowed_ips=true",
      ...allowedIPs.map((prefix) => `allowed_ip=${prefix}`),
    ]),
  ];
  return `${lines.join("\n")}\n\n`;
}

/** The answer to `GET`; of one to a change, only that it succeeded. Throws what the program says. */
export function readAnswer(text: string): WireguardSettings {
  let [privateKey, listenPort] = [base64(NO_KEY), 0];
  type Found = { -readonly [K in keyof WireguardPeer]: WireguardPeer[K] } & { allowedIPs: string[] };
  const peers: Found[] = [];
  const errno = /^errno=(-?\d+)$/m.exec(text)?.[1];
  if (errno === undefined) throw new Error("wireguard-go ended before it had answered");
  if (errno !== "0") throw new Error(`wireguard-go refuses these settings (errno ${errno})`);
  for (const line of text.split("\n")) {
    const [key, value] = [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)];
    const peer = peers.at(-1);
    if (key === "private_key") privateKey = base64(value);
    else if (key === "listen_port") listenPort = Number(value);
    else if (key === "public_key") peers.push({ publicKey: base64(value), allowedIPs: [] });
    else if (peer === undefined) continue;
    else if (key === "preshared_key" && value !== NO_KEY) peer.presharedKey = base64(value);
    else if (key === "endpoint") peer.endpoint = readEndpoint(value);
    else if (key === "persistent_keepalive_interval" && value !== "0") peer.keepalive = Number(value);
    else if (key === "allowed_ip") peer.allowedIPs.push(value);
  }
  const sorted = peers.map((peer) => ({ ...peer, allowedIPs: peer.allowedIPs.toSorted() }));
  return { privateKey, listenPort, peers: sorted.toSorted((a, b) => (a.publicKey < b.publicKey ? -1 : 1)) };
}

function readEndpoint(text: string): NonNullable<WireguardPeer["endpoint"]> {
  const colon = text.lastIndexOf(":");
  return { address: text.slice(0, colon).replaceAll(/[[\]]/g, ""), port: Number(text.slice(colon + 1)) };
}
