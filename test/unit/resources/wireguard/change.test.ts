/** Only what differs is set again. */
import { expect, test } from "vitest";
import { NO_KEY, wireguardChange } from "../../../../src/resources/wireguard/change.ts";
import { setRequest } from "../../../../src/resources/wireguard/uapi.ts";
import type { WireguardPeer } from "../../../../src/resources/wireguard/settings.ts";

const key = (n: number): string => Buffer.alloc(32, n).toString("base64");
const peer = (n: number, more: Partial<WireguardPeer> = {}): WireguardPeer => ({
  publicKey: key(n),
  allowedIPs: [`10.8.0.${n}/32`],
  endpoint: { address: "10.0.0.1", port: n },
  ...more,
});
const device = (...peers: WireguardPeer[]) => ({ privateKey: key(100), listenPort: 51820, peers });

test("nothing where nothing differs; a learned endpoint stays where none is asked for", () => {
  const none = { removed: [], peers: [] };
  expect(wireguardChange(device(peer(1), peer(2)), device(peer(1), peer(2)))).toEqual(none);
  expect(wireguardChange(device(peer(1, { endpoint: undefined })), device(peer(1)))).toEqual(none);
  expect(setRequest(none)).toBe("set=1\n\n");
});

test.each<[string, Partial<WireguardPeer>, Partial<WireguardPeer>, Partial<WireguardPeer>?]>([
  ["allowed IPs", { allowedIPs: ["10.9.0.0/24"] }, {}],
  ["endpoint", { endpoint: { address: "10.0.0.9", port: 1 } }, {}],
  ["one that it lacks", {}, { endpoint: undefined }],
  ["keepalive", { keepalive: 25 }, {}],
  ["keepalive that must go", {}, { keepalive: 25 }],
  ["preshared key", { presharedKey: key(5) }, { presharedKey: key(6) }],
  ["preshared key that must go", {}, { presharedKey: key(6) }, { presharedKey: NO_KEY }],
])("one peer's %s", (_, wanted, actual, more = {}) => {
  const change = wireguardChange(device(peer(1, wanted), peer(2)), device(peer(1, actual), peer(2)));
  expect(change).toEqual({ removed: [], peers: [peer(1, { ...wanted, ...more })] });
});

test("keys, port, peers that are new and that are not of the lab", () => {
  const actual = { privateKey: NO_KEY, listenPort: 0, peers: [peer(3), peer(2)] };
  expect(wireguardChange(device(peer(1), peer(2)), actual)).toEqual({
    privateKey: key(100),
    listenPort: 51820,
    removed: [key(3)],
    peers: [peer(1)],
  });
});
