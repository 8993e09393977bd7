import { describe, expect, it } from "vitest";
import {
  podChain,
  policyChain,
  policySet,
  positionedComment,
  setName,
  tunnelName,
} from "../../../../../src/cluster/cni/kube-router/names.ts";

describe("kube-router's names", () => {
  it("hash a node's address without its separators", () => {
    expect(tunnelName("10.0.0.1")).toBe("tun-e443169117a");
    expect(tunnelName("2001:db8:42:2::/64")).toBe("tun-ba56986ef05");
  });

  it("are those of its tests for a policy's chain, and differ by family", () => {
    const policy = { namespace: "nsA", name: "simple-egress" };
    expect(policyChain(policy, "ipv4")).toBe("KUBE-NWPLCY-C23KD7UE4TAT3Y5M");
    expect(policyChain(policy, "ipv6")).not.toBe(policyChain(policy, "ipv4"));
    expect(podChain({ namespace: "default", name: "web-0" })).toMatch(/^KUBE-POD-FW-[A-Z2-7]{16}$/);
  });

  it("are those of a real node for sets", () => {
    const policy = { namespace: "default", name: "debug" };
    expect(policySet("SRC", policy, "ipv6")).toMatch(/^inet6:KUBE-SRC-[A-Z2-7]{16}$/);
    expect(setName("kube-router-local-pods", "ipv4")).toBe("kube-router-local-pods");
  });

  it("find a rule again by the hash of its words", () => {
    const words = ["-m", "comment", "--comment", "kube-router netpol", "-j", "KUBE-ROUTER-INPUT"];
    expect(positionedComment("INPUT", words, "kube-router netpol")).toBe("kube-router netpol - 4IA2OSFRMVNDXBVV");
  });
});
