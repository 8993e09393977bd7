import { expect, test } from "vitest";
import { KUBE_PROXY_MARKS, MASQUERADE_MARK } from "../../../src/cluster/kube-proxy/marks.ts";
import { NETWORK_PLUGINS } from "../../../src/cluster/cni/registry.ts";
import { MarkAllocator, markMatch } from "../../../src/cluster/marks.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { clusterLab } from "../load/diagnose.ts";

const calico = { owner: "Calico", bits: 0xffff0000, use: "accept, pass" };

function withKubeProxy(): MarkAllocator {
  const marks = new MarkAllocator();
  for (const claim of KUBE_PROXY_MARKS) marks.claim(claim);
  return marks;
}

test("a mark is matched by its own bits", () => expect(markMatch(MASQUERADE_MARK)).toBe("0x4000/0x4000"));

test("claims of one owner may share bits, those of two may not", () => {
  const marks = withKubeProxy();
  marks.claim(calico);
  marks.claim({ owner: "Calico", bits: 0x10000, use: "accept" });
  expect(() => marks.claim({ owner: "kube-router", bits: 0x30000, use: "judged" })).toThrow(
    "packet marks collide: Calico (0xffff0000: accept, pass) and kube-router (0x30000: judged)",
  );
});

test("free bits are the lowest that nothing else has, within a mask", () => {
  const marks = withKubeProxy();
  marks.claim({ owner: "other", bits: 0x10000, use: "x" });
  expect(marks.next("mine", "accept", 1, 0xffff0000).bits).toBe(0x20000);
  expect(marks.next("mine", "scratch", 2, 0xffff0000).bits).toBe(0xc0000);
  expect(marks.next("mine", "the last", 1, 0x80000000).bits).toBe(0x80000000);
});

test("no free bit left is an error that says who has them", () => {
  const marks = withKubeProxy();
  expect(() => marks.next("mine", "accept", 1, 0xc000)).toThrow(
    /^the packet mark has too few free bits for mine \(accept\); taken: kube-proxy \(0x4000: .*kube-proxy \(0x8000: drop\)$/,
  );
});

test.each([...NETWORK_PLUGINS.values()])("$name and kube-proxy share none", (plugin) => {
  const { lab } = loadLabText(clusterLab(`    nodes: [node1]\n    cni: ${JSON.stringify(plugin.plain)}`), "lab.yaml");
  expect(() => plugin.claimMarks(withKubeProxy(), lab.clusters[0]?.cni as never)).not.toThrow();
});
