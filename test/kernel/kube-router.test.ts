/**
 * kube-router with packets, beside kube-proxy, in both families: pods on a bridge, a Service (from pods, from the pod itself, by node
 * port), a hostPort, the way out, and policies, which refuse by an answer, let pings in, and judge what pods send to their own node.
 *
 *     client, web, shut — n1      far — n2      internet        shut: no egress but to web; block: from all but far and one more
 */
import { describe, expect, test } from "vitest";
import { both } from "./answers.ts";
import { labDuring, pod, WEB_SERVICE } from "./plugin-lab.ts";

const LAB = `kube-router-${process.pid}`;

const policy = (name: string, spec: string): string =>
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name} }, spec: { podSelector: { matchLabels: { app: ${name} } }, ${spec} } }`;

const DOCUMENTS = [
  `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], cni: { plugin: kube-router, netpolDefaultDeny: true }, dns: false } } }`,
  pod("client", "n1"),
  pod("web", "n1", "containerPort: 80, hostPort: 8080"),
  pod("shut", "n1"),
  pod("block", "n1"),
  pod("far", "n2"),
  WEB_SERVICE,
  policy(
    "shut",
    "policyTypes: [Egress, Ingress], egress: [ { to: [ { podSelector: { matchLabels: { app: web } } } ] } ]",
  ),
  // What the second block means is a hole of the first.
  policy(
    "block",
    "ingress: [ { from: [ { ipBlock: { cidr: 10.244.0.0/16, except: [10.244.1.0/24] } }, { ipBlock: { cidr: 10.244.1.0/24 } }, { ipBlock: { cidr: 'fd00:10:244::/56', except: ['fd00:10:244:1::/64'] } } ] } ]",
  ),
];

describe("kube-router", () => {
  const on = labDuring(LAB, DOCUMENTS, () => ({
    service: ["10.96.0.80", "fd00:10:96::80"],
    bridge: ["10.244.0.1", "fd00:10:244::1"],
  }));
  const { expectAnswers } = on;

  test("pods, nodes and the way out", async () => {
    await expectAnswers(
      both({
        "client web": "web sees client",
        "client far": "far sees client",
        "far web": "web sees far",
        "n1 web": "web sees bridge",
        "n2 web": "web sees n2",
      }),
    );
    await expectAnswers({ "client internet 4 80": "internet sees n1" });
  });

  test("kube-proxy's Service, and a hostPort", async () => {
    await expectAnswers(
      both({
        "client service": "web sees client",
        "far service": "web sees far",
        "web service": "web sees bridge",
        "client n1 30080": "web sees bridge",
        "far n1 30080": "web sees bridge",
        "n2 n1 8080": "web sees n2",
        "internet n1 8080": "web sees internet",
      }),
    );
  });

  test("policies: peers as they say, an answer for the rest, the own node by its own choice alone", async () => {
    await expectAnswers(
      both({
        "shut web": "web sees shut",
        "shut service": "web sees shut",
        "shut far": "refused",
        "client shut": "refused",
        "far shut": "refused",
        "n1 shut": "shut sees bridge",
        "n2 shut": "refused",
        "shut n1 9": "refused",
      }),
    );
  });

  test("exceptions of one block hold for the other blocks of the rule", async () => {
    await expectAnswers({
      "client block 4 80": "block sees client",
      "client block 6 80": "block sees client",
      // The later block means the same prefix as the hole of the first.
      "far block 4 80": "block sees far",
      "far block 6 80": "refused",
    });
  });

  test("a ping gets through whatever policies say", async () => {
    const to = on.lab.clusters[0]?.pods.find(({ name }) => name === "shut")?.address.ipv4 ?? "";
    const { results } = await on.client.call("probe", {
      probes: [{ kind: "ping", ns: "default/client", to, count: 1, df: false, timeout: 5000 }],
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(["open"]);
  });

  test("what is there is what was asked for", async () => {
    await on.expectSame();
  });
});
