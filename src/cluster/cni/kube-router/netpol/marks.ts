/** Bits of the packet mark that kube-router's firewall uses (pkg/controllers/netpol). */
import { markMatch } from "../../../marks.ts";
import type { MarkClaim } from "../../../marks.ts";

const OWNER = "kube-router";
const LET_BY_POLICY: MarkClaim = { owner: OWNER, bits: 0x10000, use: "a policy, or none, lets the packet pass" };
const LET_BY_POD: MarkClaim = { owner: OWNER, bits: 0x20000, use: "the chains of pods let the packet pass" };

export const NETPOL_MARKS: readonly MarkClaim[] = [LET_BY_POLICY, LET_BY_POD];
/** `0x10000/0x10000`. */
export const POLICY_MARK = markMatch(LET_BY_POLICY);
export const POD_MARK = markMatch(LET_BY_POD);
