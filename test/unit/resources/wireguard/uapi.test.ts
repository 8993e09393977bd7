import { expect, test } from "vitest";
import { readAnswer, setRequest } from "../../../../src/resources/wireguard/uapi.ts";

const KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
const HEX = "c53201039adba14be71f886da1d8dbe9eebded08cb111b753400789 99aa9f038".replace(" ", "");
const OTHER = Buffer.alloc(32, 1).toString("base64");

test("settings in the lines of the protocol", () => {
  const peers = [
    {
      publicKey: KEY,
      endpoint: { address: "fd00::2", port: 7777 },
      allowedIPs: ["10.8.0.2/32", "fd08::2/128"],
      keepalive: 25,
    },
    { publicKey: OTHER, presharedKey: KEY, allowedIPs: [] },
  ];
  expect(setRequest({ privateKey: KEY, listenPort: 51820, removed: [OTHER], peers }).split("\n")).toEqual([
    "set=1",
    `private_key=${HEX}`,
    "listen_port=51820",
    `public_key=${"01".repeat(32)}`,
    "remove=true",
    `public_key=${HEX}`,
    "endpoint=[fd00::2]:7777",
    "persistent_keepalive_interval=25",
    "replace_allowed_ips=true",
    "allowed_ip=10.8.0.2/32",
    "allowed_ip=fd08::2/128",
    `public_key=${"01".repeat(32)}`,
    `preshared_key=${HEX}`,
    "persistent_keepalive_interval=0",
    "replace_allowed_ips=true",
    "",
    "",
  ]);
});

test("an answer, with what is not a setting left out, peers and prefixes sorted", () => {
  const none = "0".repeat(64);
  const answer = [
    `private_key=${HEX}`,
    "listen_port=7777",
    "fwmark=0",
    `public_key=${HEX}`,
    `preshared_key=${none}`,
    "protocol_version=1",
    "endpoint=[fd00::2]:51820",
    "last_handshake_time_sec=1700000000",
    "tx_bytes=92",
    "persistent_keepalive_interval=0",
    "allowed_ip=fd08::1/128",
    "allowed_ip=10.8.0.1/32",
    `public_key=${"01".repeat(32)}`,
    `preshared_key=${HEX}`,
    "endpoint=10.0.0.1:5",
    "persistent_keepalive_interval=25",
    "errno=0",
    "",
  ];
  expect(readAnswer(answer.join("\n"))).toEqual({
    privateKey: KEY,
    listenPort: 7777,
    peers: [
      {
        publicKey: OTHER,
        presharedKey: KEY,
        endpoint: { address: "10.0.0.1", port: 5 },
        keepalive: 25,
        allowedIPs: [],
      },
      { publicKey: KEY, endpoint: { address: "fd00::2", port: 51820 }, allowedIPs: ["10.8.0.1/32", "fd08::1/128"] },
    ],
  });
});

test("a refusal", () => {
  expect(() => readAnswer("errno=-22\n\n")).toThrow("wireguard-go refuses these settings (errno -22)");
});
