import { expect, test } from "vitest";
import { formatDiagnostic, type InputError } from "../../../src/errors.ts";
import { loadLabText, type LoadedLab } from "../../../src/load/load-lab.ts";
import { clusterLab, pod } from "../load/diagnose.ts";

const PODS = [pod("client", ", nodeName: node1"), pod("web", ", nodeName: node2")];
const yaml = (checks: readonly string[]): string =>
  clusterLab(`    nodes: [node1, node2]\n  checks:\n${checks.map((one) => `    - ${one}`).join("\n")}`, ...PODS);
function load(cni: string, ...checks: readonly string[]): LoadedLab {
  return loadLabText(yaml(checks), "lab.yaml", { network: { cni } });
}
const PING = "name: a, from: pod/client, ping: pod/web, expect: { outcome: open, ttl: 62 }";

test("fields are laid over the check; the first words that fit count", () => {
  const check = `{ ${PING}, plugins: { calico: { expect: { ttl: 61 } }, routed: { expect: { ttl: null } }, flannel direct: { within: 9s } } }`;
  const [calico, kindnet, vxlan, hostGw] = ["calico", "kindnet", "flannel", "flannel:backend=host-gw"].map(
    (cni) => load(cni, check).lab.checks[0],
  );
  expect(calico).toMatchObject({ expect: { outcome: "open", ttl: 61 }, within: 5000 });
  expect(kindnet).toMatchObject({ expect: { outcome: "open" } });
  expect(kindnet).not.toHaveProperty("expect.ttl", expect.anything());
  expect(vxlan).toMatchObject({ expect: { ttl: 62 }, within: 5000 });
  expect(hostGw).toMatchObject({ expect: { ttl: 62 }, within: 9000 });
});

test("a check is left out where it is not meant, with the reason", () => {
  const checks = [
    `{ ${PING}, only: flannel tunnel }`,
    `{ ${PING.replace("name: a", "name: b")}, only: [calico, kindnet], plugins: { kindnet: it has none } }`,
  ];
  const { lab } = load("kindnet", ...checks);
  expect(lab.checks).toEqual([]);
  expect(lab.leftOut).toEqual([
    { name: "a", reason: "it is about flannel tunnel" },
    { name: "b", reason: "it has none" },
  ]);
  expect(load("calico", ...checks).lab.checks.map(({ name }) => name)).toEqual(["b"]);
});

test("what is left out need not be there; mistakes of other plugins' versions are found all the same", () => {
  expect(
    load("calico", "{ name: a, from: node1, path: node1/flannel.1, only: flannel, expect: {} }").lab.checks,
  ).toEqual([]);
  try {
    load("flannel", `{ ${PING}, only: fannel, plugins: { calico: { expect: { tll: 3 } }, sun moon: {} } }`);
    expect.unreachable();
  } catch (error) {
    expect((error as InputError).diagnostics.map((one) => formatDiagnostic(one).split("\n")[0])).toEqual([
      expect.stringContaining('"fannel" is neither a network plugin, a word about one, nor a mode of kube-proxy'),
      expect.stringContaining('unknown key "tll"'),
      expect.stringContaining('"sun" is neither'),
      expect.stringContaining('"moon" is neither'),
    ]);
  }
});

test("node1/tunnel is the plugin's own device, or the uplink", () => {
  const devices = ["flannel", "kindnet", "calico:encapsulation=VXLAN"].map((cni) => {
    const [check] = load(cni, "{ name: a, from: pod/client, path: pod/web, expect: { crosses: [node1/tunnel] } }").lab
      .checks;
    return (check as unknown as { expect: { crosses: string[] } }).expect.crosses[0];
  });
  expect(devices).toEqual(["node1/flannel.1", "node1/eth0", "node1/vxlan.calico"]);
});
