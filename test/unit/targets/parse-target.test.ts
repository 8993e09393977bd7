import { describe, expect, test } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { listTargets, resolveTarget } from "../../../src/targets/parse-target.ts";
import { clusterLab, pod, rawLab } from "../load/diagnose.ts";

const cluster = loadLabText(
  clusterLab(
    "    nodes: [node1, node2]\n  topology: { nodes: { extra: { interfaces: { eth0: { addresses: 10.9.0.2/24 } } } }, links: [ { endpoints: [node1:eth1, extra:eth0] } ] }",
    "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }",
    pod("client", ", nodeName: node1"),
    pod("host", ", nodeName: node2, hostNetwork: true"),
    pod("db", ", nodeName: node2").replace("name: db", "name: db, namespace: shop"),
    // A pod whose namespace/name reads like a pod with an interface.
    pod("eth0", ", nodeName: node2").replace("name: eth0", "name: eth0, namespace: shop"),
    pod("shop", ", nodeName: node2"),
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\nspec: { replicas: 2, selector: { matchLabels: { app: w } }, template: { metadata: { labels: { app: w } }, spec: { containers: [ { name: c } ] } } }`,
  ),
  "lab.yaml",
).lab;
const raw = loadLabText(rawLab("        bridges: { br0: { addresses: [10.7.0.1/24] } }"), "lab.yaml").lab;

describe("resolveTarget", () => {
  test.each([
    ["node1", { ns: "node1", node: "node1", addresses: { ipv4: "192.168.50.11" } }],
    ["node1/cni0", { ns: "node1", iface: "cni0", addresses: { ipv4: "10.244.0.1" } }],
    ["node1/eth1", { ns: "node1", iface: "eth1" }],
    ["router", { ns: "router", addresses: { ipv4: "192.168.50.1" } }],
    ["router/internet", { ns: "router", iface: "internet", addresses: { ipv4: "203.0.113.1" } }],
    ["internet", { ns: "internet", addresses: { ipv4: "203.0.113.10" } }],
    ["underlay/br0", { ns: "underlay", iface: "br0" }],
    ["extra", { ns: "extra", node: "extra", addresses: { ipv4: "10.9.0.2" } }],
    [
      "pod/client",
      {
        ns: "default/client",
        node: "node1",
        pod: { namespace: "default", name: "client" },
        addresses: { ipv4: "10.244.0.2" },
      },
    ],
    ["pod/default/client", { ns: "default/client" }],
    ["pod/client/eth0", { ns: "default/client", iface: "eth0" }],
    ["pod/host", { ns: "node2", node: "node2", addresses: { ipv4: "192.168.50.12" } }],
    ["pod/shop/db", { ns: "shop/db" }],
    ["pod/shop/eth0", { ns: "shop/eth0" }],
    ["pod/default/shop/eth0", { ns: "default/shop", iface: "eth0" }],
    ["deploy/web", { pod: { namespace: "default" } }],
    ["deploy/web/eth0", { iface: "eth0" }],
    ["deploy/default/web#2", { pod: { namespace: "default" } }],
  ])("%s", (text, wanted) => {
    expect(resolveTarget(cluster, text)).toMatchObject(wanted);
  });

  test.each([
    ["red", { ns: "red", addresses: { ipv4: "10.0.0.1" } }],
    ["red/br0", { ns: "red", iface: "br0", addresses: { ipv4: "10.7.0.1" } }],
  ])("raw: %s", (text, wanted) => {
    expect(resolveTarget(raw, text)).toMatchObject(wanted);
  });

  test.each([
    ["node3", /did you mean "node1"/],
    ["pod/clinet", /did you mean "pod\/client"/],
    ["node1/eth9", /there are: lo, eth0, .*cni0, flannel\.1/],
    ["deploy/wbe", /did you mean "deploy\/web"/],
    ["deploy/web#0", /#1 is the first/],
    ["", /there are: underlay, router/],
    ["pod/a/b/c/d", /there are/],
  ])("%j is not a target", (text, hint) => {
    const attempt = () => resolveTarget(cluster, text);
    expect(attempt).toThrow(UsageError);
    expect(
      (() => {
        try {
          attempt();
          return "";
        } catch (error) {
          return (error as UsageError).hint;
        }
      })(),
    ).toMatch(hint);
  });
});

test("listTargets names every place once", () => {
  const texts = listTargets(cluster).map((t) => t.text);
  expect(texts.slice(0, 6)).toEqual(["underlay", "router", "internet", "node1", "node2", "extra"]);
  expect(texts).toContain("pod/shop/db");
  expect(new Set(texts).size).toBe(texts.length);
});
