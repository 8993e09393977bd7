/**
 * kindnet with packets: pods on routed veths, in both families. A Service (from pods, from the pod itself, by node port), a hostPort,
 * the way out, and a NetworkPolicy, which judges what pods send to their own node too.
 *
 *     client, web, shut — n1      far — n2      internet        shut: no egress but to web
 */
import { describe, test } from "vitest";
import { both } from "./answers.ts";
import { labDuring, pod, WEB_SERVICE } from "./plugin-lab.ts";

const LAB = `kindnet-${process.pid}`;

const documents = (backend: string): readonly string[] => [
  `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: ${LAB} }, spec: { cluster: { nodes: [n1, n2], podCIDR: [10.244.0.0/16, "fd00:10:244::/56"], cni: { plugin: kindnet }, dns: false, networkPolicy: { backend: ${backend} } } } }`,
  pod("client", "n1"),
  pod("web", "n1", "containerPort: 80, hostPort: 8080"),
  pod("shut", "n1"),
  pod("far", "n2"),
  WEB_SERVICE,
  `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: shut }, spec: { podSelector: { matchLabels: { app: shut } }, policyTypes: [Egress, Ingress], egress: [ { to: [ { podSelector: { matchLabels: { app: web } } } ] } ] } }`,
];

describe.each(["nftables", "iptables"])("kindnet, policies by %s", (backend) => {
  const on = labDuring(LAB, documents(backend), () => ({
    service: ["10.96.0.80", "fd00:10:96::80"],
    gateway: ["10.244.0.1", "fd00:10:244::1"],
  }));
  const { expectAnswers } = on;

  test("pods, nodes and the way out", async () => {
    await expectAnswers(
      both({
        "client web": "web sees client",
        "client far": "far sees client",
        "far web": "web sees far",
        "n1 web": "web sees gateway",
        "n2 web": "web sees n2",
      }),
    );
    await expectAnswers({ "client internet 4 80": "internet sees n1" });
  });

  test("a Service: from pods, from the pod behind it, from nodes and outside", async () => {
    await expectAnswers(
      both({
        "client service": "web sees client",
        "far service": "web sees far",
        "web service": "web sees gateway",
        "n1 service": "web sees gateway",
        "client n1 30080": "web sees gateway",
        "far n1 30080": "web sees gateway",
      }),
    );
  });

  test("a hostPort", async () => {
    await expectAnswers(both({ "n2 n1 8080": "web sees n2", "internet n1 8080": "web sees internet" }));
  });

  test("a policy: peers as it says, not the pod's own node by egress, but the node to its pod", async () => {
    await expectAnswers(
      both({
        "shut web": "web sees shut",
        "shut service": "web sees shut",
        "shut far": "timeout",
        "client shut": "timeout",
        "far shut": "timeout",
        "n1 shut": "shut sees gateway",
        "n2 shut": "timeout",
        "shut n1 9": "timeout",
        "client n1 9": "refused",
      }),
    );
  });

  test("what is there is what was asked for", async () => {
    await on.expectSame();
  });
});
