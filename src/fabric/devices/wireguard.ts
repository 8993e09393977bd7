/** `wireguards`: encrypted tunnels. Peers are resolved when all devices of the lab are known: ../resolve-wireguard.ts. */
import * as z from "zod";
import { WIREGUARD_PORT } from "../../net/wireguard.ts";
import { interfaceName, line, oneOrBoth, port } from "../../syntax/scalar.ts";
import { deviceFields } from "./device-fields.ts";
import { defineDevice } from "./device-kind.ts";

const key = () =>
  z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw480]=$/, "must be base64 of 32 bytes, as wg genkey writes it");

const peer = () =>
  z.strictObject({
    node: line.optional().describe("The other end's node, whose key, address and port are taken"),
    dev: interfaceName.optional().describe("Its device there; default: its only one"),
    publicKey: key().optional().describe("In place of node: a peer that is not of the lab"),
    presharedKey: key().optional().describe("A further secret of both ends"),
    endpoint: line
      .optional()
      .describe("Address to send to; default: the node's in a network that both are in; none: it speaks first"),
    port: port.optional().describe("UDP port to send to; default: the node's"),
    allowedIPs: oneOrBoth.optional().describe("Prefixes behind it; default: the addresses of its device"),
    keepalive: z.int().min(1).max(65_535).optional().describe("Seconds between packets that keep a NAT's entry"),
  });

export const wireguard = defineDevice({
  kind: "wireguard",
  about: "WireGuard devices by name",
  schema: () => {
    const { addresses, mtu, vrf, rate, up } = deviceFields();
    return z.strictObject({
      addresses,
      mtu,
      vrf,
      rate,
      up,
      listenPort: port.optional().describe(`UDP port, default ${WIREGUARD_PORT}`),
      privateKey: key().optional().describe("Default: one that follows from the names of node and device"),
      peers: z.array(peer()).optional().describe("Who may send and is sent to"),
    });
  },
  resolve: () => ({ type: "wireguard", data: {} }),
});
