import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import { encodeCommand } from "../../../src/resources/definitions.ts";
import { diagnose } from "../load/diagnose.ts";

const KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
const lab = (peer: string, more = ""): string => `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  topology:
    nodes:
      a:
        interfaces: { eth0: { addresses: [10.0.0.1/24] } }
        wireguards: { wg0: { addresses: [10.8.0.1/24], peers: [${peer}] }${more} }
      b:
        interfaces: { eth0: { addresses: [10.0.0.2/24] } }
        wireguards: { wg0: { listenPort: 7777, privateKey: "${KEY}", addresses: [10.8.0.2/24, "fd08::2/64"] } }
    links: [{ endpoints: [a:eth0, b:eth0] }]
`;

/** By OpenSSL. */
function publicOf(key: string): string {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), Buffer.from(key, "base64")]);
  const own = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return createPublicKey(own).export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
}

function commands(text: string): readonly string[] {
  const { operations } = planOperations("t", planResources(loadLabText(text, "lab.yaml").lab));
  const own = operations.filter(({ resource: { kind, ns } }) => kind === "wireguard" && ns === "a");
  return own.flatMap((operation) => encodeCommand("t", operation).split("\n"));
}

describe("peers", () => {
  test("a node's key, port, address and what is behind it", () => {
    const [add, set, up] = commands(lab("{ node: b, keepalive: 25 }"));
    expect(add).toBe("ip -n t.a link add wg0 type wireguard");
    const peer = `'PublicKey = ${publicOf(KEY)}' 'AllowedIPs = 10.8.0.2/32, fd08::2/128' 'Endpoint = 10.0.0.2:7777' 'PersistentKeepalive = 25'`;
    expect(set?.replace(/\S{43}=/, "KEY")).toBe(
      `printf '%s\\n' '[Interface]' 'PrivateKey = KEY' 'ListenPort = 51820' '[Peer]' ${peer} | ip netns exec t.a wg setconf wg0 /dev/stdin`,
    );
    expect(up).toBe("ip -n t.a link set wg0 up");
  });

  test("the key is the same in every run", () => {
    expect(commands(lab("{ node: b }"))).toEqual(commands(lab("{ node: b }")));
  });

  test("one that is not of the lab", () => {
    const [, set] = commands(lab(`{ publicKey: "${KEY}", endpoint: 192.0.2.1, port: 5, allowedIPs: [10.9.0.0/16] }`));
    expect(set).toContain(`'PublicKey = ${KEY}' 'AllowedIPs = 10.9.0.0/16' 'Endpoint = 192.0.2.1:5' |`);
  });
});

describe("refused", () => {
  test.each([
    ["{ node: c }", /there is no node "c" with a WireGuard device/],
    ["{ node: b, dev: wg1 }", /b has no WireGuard device "wg1"/],
    ["{ keepalive: 5 }", /a peer has either node or publicKey/],
    ["{ node: b }, { node: b }", /a peer comes twice/],
    ['{ publicKey: "abc" }', /base64 of 32 bytes/],
  ])("%s", (peer, message) => expect(diagnose(lab(peer)).join("\n")).toMatch(message));
});
