import { expect, test } from "vitest";
import { KUBE_PROXY_MARKS, MASQUERADE_MARK } from "../../../src/cluster/kube-proxy/marks.ts";
import { NETWORK_PLUGINS } from "../../../src/cluster/cni/registry.ts";
import { markCollision, markMatch } from "../../../src/cluster/marks.ts";

const calico = { owner: "Calico", bits: 0xffff0000, use: "accept, pass" };

test("a mark is matched by its own bits", () => expect(markMatch(MASQUERADE_MARK)).toBe("0x4000/0x4000"));

test("claims of one owner may share bits, those of two may not", () => {
  const half = { owner: "Calico", bits: 0x10000, use: "accept" };
  expect(markCollision([...KUBE_PROXY_MARKS, calico, half])).toBeUndefined();
  const other = { owner: "kube-router", bits: 0x30000, use: "judged" };
  expect(markCollision([...KUBE_PROXY_MARKS, calico, other])).toEqual([calico, other]);
});

test.each([...NETWORK_PLUGINS.values()].map((plugin) => [plugin.name, plugin.marks] as const))(
  "%s and kube-proxy share none",
  (_name, marks) => expect(markCollision([...KUBE_PROXY_MARKS, ...marks])).toBeUndefined(),
);
